//! How far the store's clock is from ours, as every answer shows.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::clock::{Clock, ahead_ms};

/// From how many milliseconds on a difference is told of: half of what the timeline tolerates.
const NOTABLE_MS: u64 = 250;
/// At most one line in the log in this time.
const QUIET_MS: u64 = 60_000;
const NEVER: u64 = u64::MAX;

/// The difference that the last answer showed.
pub(crate) struct Clocks {
    ahead_ms: AtomicI64,
    /// When the log was last told, on the monotonic clock.
    told_at_ms: AtomicU64,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            ahead_ms: AtomicI64::new(0),
            told_at_ms: AtomicU64::new(NEVER),
        }
    }
}

impl Clocks {
    /// Take note of the store's clock, which an answer showed, and of our own before it was asked.
    /// Answers by how many milliseconds the store's is ahead, where a line in the log is due.
    pub(crate) fn note(&self, before_ms: i64, store_ms: i64, clock: &dyn Clock) -> Option<i64> {
        let ahead_ms = ahead_ms(before_ms, store_ms, clock.now_ms());
        // A figure for messages: nothing is ordered by it.
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        if ahead_ms.unsigned_abs() <= NOTABLE_MS {
            return None;
        }
        let now_ms = clock.monotonic_ms();
        let told_at_ms = self.told_at_ms.load(Ordering::Relaxed);
        let due = told_at_ms == NEVER || now_ms.saturating_sub(told_at_ms) >= QUIET_MS;
        due.then(|| {
            self.told_at_ms.store(now_ms, Ordering::Relaxed);
            ahead_ms
        })
    }

    /// By how much the store's clock is ahead of ours, where that is worth a warning.
    pub(crate) fn notable(&self) -> Option<i64> {
        let ahead_ms = self.ahead_ms.load(Ordering::Relaxed);
        (ahead_ms.unsigned_abs() > NOTABLE_MS).then_some(ahead_ms)
    }
}
