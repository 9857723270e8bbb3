//! A process that was stopped while it holds the lock does not stop the others of the host.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};
use tracking_core::store::url::FileUrl;
use tracking_core::{AllocateError, Clock, FileAllocator, OpenStore, SeriesOptions, SystemClock};

mod support;

use support::{Guard, open, reserve};

const VARIABLE: &str = "TRACKING_TEST_STOPPED";

/// A clock that stops its process when it is read, once it is armed: that is in the middle of a
/// reservation, under the lock.
#[derive(Debug, Default)]
struct StoppingClock {
    armed: AtomicBool,
}

impl Clock for StoppingClock {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms()
    }

    fn exact_ms(&self) -> i64 {
        let now_ms = SystemClock.exact_ms();
        if self.armed.swap(false, Ordering::SeqCst) {
            let us = rustix::process::getpid();
            rustix::process::kill_process(us, Signal::STOP).unwrap();
        }
        now_ms
    }

    fn monotonic_ms(&self) -> u64 {
        SystemClock.monotonic_ms()
    }
}

/// The child: reserves, and is stopped in the middle. What came of it goes to a file.
#[test]
fn stopped() {
    let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) else {
        return;
    };
    let clock = Arc::new(StoppingClock::default());
    let url = FileUrl::new(&path);
    let options = SeriesOptions::default();
    let allocator = FileAllocator::open_with_clock(&url, &options, clock.clone()).unwrap();
    reserve(&allocator, 1).unwrap();
    clock.armed.store(true, Ordering::SeqCst);
    let outcome = match reserve(&allocator, 10) {
        Ok(block) => format!("{} {}", block.start().value(), block.last().value()),
        Err(error) => error.to_string(),
    };
    std::fs::write(path.with_extension("outcome"), outcome).unwrap();
}

/// A child that holds the lock on the file, stopped.
fn stopped_holder(path: &Path) -> Guard {
    let child = Guard(support::child("stopped", VARIABLE, path).spawn().unwrap());
    let pid = Pid::from_child(&child.0);
    let (_, status) = rustix::process::waitpid(Some(pid), WaitOptions::UNTRACED)
        .unwrap()
        .unwrap();
    assert!(status.stopped(), "{status:?}");
    child
}

/// Let it go on, and see what its reservation came to.
fn outcome(mut child: Guard, path: &Path) -> String {
    child.signal(Signal::CONT);
    assert!(child.0.wait().unwrap().success());
    std::fs::read_to_string(path.with_extension("outcome")).unwrap()
}

#[test]
fn others_are_told_who_holds_the_lock_and_go_on_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    let allocator = open(&path).unwrap();
    reserve(&allocator, 1).unwrap();
    let holder = stopped_holder(&path);

    let expected = format!(
        "file:{}: its lock could not be had within 2 s; process {pid} holds it: if that is stopped, let it go on (kill -CONT {pid}) or end it",
        path.display(),
        pid = holder.id(),
    );
    let start = Instant::now();
    let error = reserve(&allocator, 1).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error, AllocateError::Unavailable { .. }));
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(1_900), "{waited:?}");
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    // Another process can look, and start, meanwhile.
    allocator.snapshot().unwrap();
    let fresh = open(&path).unwrap();

    let outcome = outcome(holder, &path);
    let (_, last) = outcome.split_once(' ').expect(&outcome);
    let last: u64 = last.parse().expect(&outcome);
    for allocator in [&allocator, &fresh] {
        // In the same lane: the file is as it was.
        assert!(reserve(allocator, 10).unwrap().start().value() > last);
    }
}

#[test]
fn a_dead_holder_lets_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    let allocator = open(&path).unwrap();
    drop(stopped_holder(&path));
    reserve(&allocator, 1).unwrap();
}

/// The operator gives up on the stopped process, puts a copy in the place of its file, and goes on
/// with that. When the stopped one wakes up, what it takes from its own file must not count.
#[test]
fn a_holder_that_wakes_up_to_a_replaced_file_grants_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    let allocator = open(&path).unwrap();
    reserve(&allocator, 1).unwrap();
    let holder = stopped_holder(&path);
    let copy = path.with_extension("copy");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::rename(&copy, &path).unwrap();
    let block = reserve(&allocator, 10).unwrap();

    let outcome = outcome(holder, &path);
    let expected = format!(
        "file:{}: it was replaced by another file during a reservation, and nothing was granted; ",
        path.display()
    );
    assert!(outcome.starts_with(&expected), "{outcome}");
    assert!(block.last().tick() < reserve(&allocator, 1).unwrap().start().tick());
}
