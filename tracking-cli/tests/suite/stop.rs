//! Ctrl-C.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::Operator;

/// Start an endless run, press Ctrl-C once it has printed something, and give all that it printed.
fn interrupted(format: &str) -> String {
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
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    reader.read_to_string(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    text
}

#[test]
fn stops_at_a_whole_line() {
    let text = interrupted("text");
    assert!(text.lines().all(|line| line.len() == 15) && text.ends_with('\n'));
}

#[test]
fn stops_at_a_whole_array() {
    let text = interrupted("json");
    let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(array.len() + 2, text.lines().count());
}

#[test]
fn a_second_one_ends_it_at_once() {
    let operator = Operator::with_known_series();
    let mut child = operator
        .command(["next", "-n", "100000000000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    // The pipe is full soon, since nobody reads on: the first Ctrl-C waits for that write.
    while child.try_wait().unwrap().is_none() {
        let _ = kill_process(Pid::from_child(&child), Signal::INT);
        std::thread::yield_now();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
