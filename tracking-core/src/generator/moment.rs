//! One moment by both clocks, and how old it is later.

use crate::clock::Clock;

/// A moment by the time of day and by the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) wall_ms: i64,
    pub(super) monotonic_ms: u64,
}

impl Moment {
    #[inline]
    pub(super) fn now(clock: &dyn Clock) -> Self {
        Self {
            wall_ms: clock.now_ms(),
            monotonic_ms: clock.monotonic_ms(),
        }
    }

    /// Milliseconds since `earlier`, by the clock that says more: a machine that slept or was
    /// restored shows it on one of them only.
    #[inline]
    pub(super) fn since_ms(self, earlier: Self) -> u64 {
        let wall = self.wall_ms.saturating_sub(earlier.wall_ms);
        let monotonic = self.monotonic_ms.saturating_sub(earlier.monotonic_ms);
        u64::try_from(wall).unwrap_or(0).max(monotonic)
    }
}

/// Until when something may be used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expiry {
    since: Moment,
    max_age_ms: u64,
}

impl Expiry {
    pub(super) fn new(since: Moment, max_age_ms: u64) -> Self {
        Self { since, max_age_ms }
    }

    #[inline]
    pub(super) fn has_passed(&self, now: Moment) -> bool {
        now.since_ms(self.since) >= self.max_age_ms
    }
}
