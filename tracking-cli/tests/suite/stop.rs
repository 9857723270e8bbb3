//! Ctrl-C and SIGTERM; and a file that may grow no further.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tracking_test_support::not_here;

use crate::support::{Operator, Ran};

/// The signals that end it, and the exit codes.
const SIGNALS: [(Signal, i32); 2] = [(Signal::INT, 130), (Signal::TERM, 143)];

/// Start an endless run, send a signal once it has printed something, and give all that it printed.
fn stopped(format: &str, (signal, code): (Signal, i32)) -> String {
    let operator = Operator::with_known_series();
    let mut child = operator
        .command(["next", "-n", "100000000000", "--format", format])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    for _ in 0..3 {
        reader.read_line(&mut text).unwrap();
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    reader.read_to_string(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    text
}

#[test]
fn stops_at_a_whole_line() {
    for signal in SIGNALS {
        let text = stopped("text", signal);
        assert!(text.lines().all(|line| line.len() == 15) && text.ends_with('\n'));
    }
}

#[test]
fn stops_at_a_whole_array() {
    for signal in SIGNALS {
        let text = stopped("json", signal);
        let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(array.len() + 2, text.lines().count());
    }
}

#[test]
fn a_second_one_ends_it_at_once() {
    for (signal, code) in SIGNALS {
        let operator = Operator::with_known_series();
        let mut child = operator
            .command(["next", "-n", "100000000000"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut String::new()).unwrap();
        // The pipe is full soon, since nobody reads on: the first signal waits for that write.
        while child.try_wait().unwrap().is_none() {
            let _ = kill_process(Pid::from_child(&child), signal);
            std::thread::yield_now();
        }
        assert_eq!(child.wait().unwrap().code(), Some(code));
    }
}

/// The first process of a container gets no signal that it does not ask for.
#[test]
fn as_the_first_process_too() {
    let operator = Operator::with_known_series();
    let first = |args: &[&'static str]| {
        let program = operator.command(args.iter().copied());
        let mut unshare = Command::new("unshare");
        unshare.args(["--pid", "--fork", "--kill-child"]);
        unshare.arg(program.get_program()).args(program.get_args());
        unshare.env("HOME", operator.path(""));
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped());
        unshare
    };
    if !first(&["--version"])
        .status()
        .is_ok_and(|status| status.success())
    {
        return not_here("`unshare --pid` (this takes root)");
    }
    for args in [&["next", "-n", "100000000000"][..], &["check"]] {
        for (signal, code) in SIGNALS {
            let mut child = first(args).spawn().unwrap();
            // It has answered this, and waits for another line.
            child.stdin.as_ref().unwrap().write_all(b"AB\n").unwrap();
            let mut reader = BufReader::new(child.stdout.take().unwrap());
            assert_ne!(reader.read_line(&mut String::new()).unwrap(), 0);
            let children = format!("/proc/{0}/task/{0}/children", child.id());
            let children = std::fs::read_to_string(children).unwrap();
            let ours = Pid::from_raw(children.trim().parse().unwrap()).unwrap();
            kill_process(ours, signal).unwrap();
            // All that it still writes is taken, so that it waits for nobody.
            let drained =
                std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
            let deadline = Instant::now() + Duration::from_secs(20);
            while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            // With it goes what it has started.
            let _ = child.kill();
            assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}");
            drained.join().unwrap().unwrap();
        }
    }
}

#[test]
fn a_file_that_may_grow_no_further_is_told() {
    let operator = Operator::with_known_series();
    let limited = |args: &str, out: &str| {
        let mut shell = Command::new("bash");
        let script = format!("ulimit -f 0; exec \"$0\" {args} > \"{out}\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_tracking")]);
        shell.env_clear().env("HOME", operator.path(""));
        Ran::from(shell.output().unwrap())
    };
    let out = operator.path("out");
    for args in ["series show", "--help", "check AB --shape-only"] {
        let ran = limited(args, out.to_str().unwrap());
        let message = "error: cannot write to standard output: File too large (os error 27)\n";
        ran.assert(3, "", message);
    }
    let ran = limited("series create --store file:$HOME/new.series", "/dev/null");
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("File too large"), "{ran:?}");
}
