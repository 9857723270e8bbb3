//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Clock;

/// A clock that stands still until it is moved. Who sleeps by it moves it, and waits for nothing.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: AtomicI64,
    monotonic_ms: AtomicU64,
}

impl ManualClock {
    /// A clock that shows a time, in milliseconds since the Unix epoch.
    pub fn at(now_ms: i64) -> Self {
        Self {
            now_ms: AtomicI64::new(now_ms),
            monotonic_ms: AtomicU64::new(0),
        }
    }

    /// Let time pass, in milliseconds.
    pub fn advance(&self, ms: u64) {
        self.monotonic_ms.fetch_add(ms, Ordering::SeqCst);
        self.step(ms.try_into().unwrap_or(i64::MAX));
    }

    /// Set the time of day forward or back, in milliseconds, while no time passes.
    pub fn step(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    fn monotonic_ms(&self) -> u64 {
        self.monotonic_ms.load(Ordering::SeqCst)
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }

    fn sleep(&self, duration: Duration) {
        // At least as long as asked for.
        self.advance(duration.as_nanos().div_ceil(1_000_000) as u64);
    }
}
