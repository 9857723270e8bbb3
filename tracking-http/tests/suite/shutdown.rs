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
