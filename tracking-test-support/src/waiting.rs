//! What a test waits for, and where it listens.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to start, and a state to come about.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Wait for a condition, which must come about.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never came about: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A port that was free a moment ago, below those that the system gives out by itself, and whose
/// number leaves room for a cluster's second port.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(10_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
