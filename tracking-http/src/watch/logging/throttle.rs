//! A bound on lines that may come thousands of times a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracking_core::{Clock, SystemClock};

/// Lets one line a second through, for what may happen thousands of times a second.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// The second after the one that has had its line, by the monotonic clock.
    next: AtomicU64,
}

impl Throttle {
    pub(crate) fn may_log(&self) -> bool {
        let now = Duration::from_millis(SystemClock.monotonic_ms()).as_secs();
        // Relaxed: it guards nothing but itself, and `fetch_max` lets one caller a second win.
        self.next.fetch_max(now + 1, Ordering::Relaxed) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_one_line_a_second_through() {
        let throttle = Throttle::default();
        let began = SystemClock.monotonic_ms();
        let lines = (0..100_000).filter(|_| throttle.may_log()).count() as u64;
        let seconds = SystemClock.monotonic_ms() / 1000 - began / 1000 + 1;
        assert!(
            (1..=seconds).contains(&lines),
            "{lines} lines in {seconds} s"
        );
    }
}
