//! Signals.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Client, Program};

#[test]
fn sigint_and_sigterm_end_it_cleanly() {
    for signal in [Signal::INT, Signal::TERM] {
        let program = Program::start(&["--store", "memory:"], &[]);
        let mut client = Client::connect(program.address);
        assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
        let began = Instant::now();
        program.signal(signal);
        let (status, _) = program.wait();
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "took {:?}",
            began.elapsed()
        );
    }
}

/// A server that waits half a minute for a request that never ends, and its client.
fn drains(path: &std::path::Path) -> (Program, Client) {
    let args = [
        "--store",
        "memory:",
        "--drain-timeout",
        "30s",
        "--read-timeout",
        "30s",
    ];
    let program = Program::start_unix(path.to_str().unwrap(), &args);
    let mut client = Client::connect_unix(path);
    client.send("POST /tracking-numbers HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    (program, client)
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracking.sock");
    for (first, second, said, code) in [
        (Signal::TERM, Signal::TERM, "SIGTERM", 143),
        (Signal::TERM, Signal::INT, "SIGINT", 130),
    ] {
        let (mut program, _client) = drains(&path);
        program.signal(first);
        program.wait_for("ending on SIGTERM");
        std::thread::sleep(Duration::from_millis(500));
        let began = Instant::now();
        program.signal(second);
        let (status, rest) = program.wait();
        assert_eq!(status.code(), Some(code), "{rest}");
        let expected = format!("ending at once on another {said}");
        assert!(rest.contains(&expected), "{rest}");
        assert!(began.elapsed() < Duration::from_secs(10));
        assert!(!path.exists(), "it left its socket");
    }
}

#[test]
fn one_signal_that_comes_twice_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let (mut program, mut client) = drains(&folder.path().join("tracking.sock"));
    // As `timeout` sends it: to the process, and to its group.
    program.signal(Signal::TERM);
    program.wait_for("ending on SIGTERM");
    program.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(500));
    client.send("\"count\":1");
    drop(client);
    assert_eq!(program.wait().0.code(), Some(0));
}

#[test]
fn it_serves_on_when_nobody_reads_its_stderr() {
    let mut program = Program::start(&["--store", "memory:"], &[("RUST_LOG", "trace")]);
    program.close_stderr();
    let mut client = Client::connect(program.address);
    for _ in 0..10 {
        assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
    }
    program.signal(Signal::TERM);
    assert_eq!(program.wait().0.code(), Some(0));
}
