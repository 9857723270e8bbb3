//! Whether hardly any time has passed, told by one load.
//!
//! What is in hand expires by the clock, and a look at both clocks costs as much as a number. So a thread
//! that takes numbers by the thousand looks once a beat instead: the refill thread counts beats of
//! [`BEAT`] while it waits for work, and only then. While numbers are taken slowly, or that thread is busy
//! with anything else, there is no beat, and every number is given out by a look at the clocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a beat lasts, but for how late the refill thread wakes up.
pub(super) const BEAT: Duration = Duration::from_millis(10);

/// One beat, of which there is never another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beat(u64);

impl Beat {
    /// What no pulse ever shows.
    pub(super) const NEVER: Self = Self(u64::MAX);
}

/// Its lowest bit says whether there is a beat; the others count.
#[derive(Debug, Default)]
pub(super) struct Pulse(AtomicU64);

impl Pulse {
    /// The present beat. A look at the clocks that follows is good until it ends.
    #[inline]
    pub(super) fn beat(&self) -> Option<Beat> {
        // Relaxed here and below: nothing is handed over by it. Who still sees a beat that has just ended
        // is late by as much as a store takes to become visible.
        let count = self.0.load(Ordering::Relaxed);
        (count % 2 == 1).then_some(Beat(count))
    }

    /// Whether it is still the beat that it was.
    #[inline]
    pub(super) fn is_still(&self, beat: Beat) -> bool {
        self.0.load(Ordering::Relaxed) == beat.0
    }

    /// Begin a beat, in the refill thread alone: it must end it before it does anything but wait.
    pub(super) fn begin(&self) {
        self.0.fetch_or(1, Ordering::Relaxed);
    }

    /// End it, if there is one.
    pub(super) fn end(&self) {
        let count = self.0.load(Ordering::Relaxed);
        if count % 2 == 1 {
            self.0.store(count + 1, Ordering::Relaxed);
        }
    }
}

/// How many serials were taken of late: a beat is worth its wakings from some number on.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since_ms: u64,
    taken: u32,
}

impl Pace {
    /// So many in the time of a beat are fast.
    const FAST: u32 = 512;

    /// Note that serials were taken; whether that happens fast now.
    pub(super) fn take(&mut self, monotonic_ms: u64, serials: u32) -> bool {
        self.settle(monotonic_ms);
        self.taken = self.taken.saturating_add(serials);
        self.is_fast()
    }

    /// Whether they were taken fast until now.
    pub(super) fn was_fast(&mut self, monotonic_ms: u64) -> bool {
        let fast = self.is_fast();
        self.settle(monotonic_ms);
        fast
    }

    fn is_fast(&self) -> bool {
        self.taken >= Self::FAST
    }

    fn settle(&mut self, monotonic_ms: u64) {
        if monotonic_ms.saturating_sub(self.since_ms) >= BEAT.as_millis() as u64 {
            *self = Self {
                since_ms: monotonic_ms,
                taken: 0,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_beat_is_like_another() {
        let pulse = Pulse::default();
        assert_eq!(pulse.beat(), None);
        assert!(!pulse.is_still(Beat(1)));
        let mut seen = Vec::new();
        for _ in 0..3 {
            pulse.begin();
            let beat = pulse.beat().unwrap();
            assert!(pulse.is_still(beat) && beat != Beat::NEVER);
            assert!(!seen.contains(&beat));
            seen.push(beat);
            pulse.end();
            assert!(!pulse.is_still(beat) && pulse.beat().is_none());
            pulse.end();
        }
    }

    #[test]
    fn a_pace_is_fast_by_what_was_taken_in_the_time_of_a_beat() {
        let mut pace = Pace::default();
        assert!(!(0..7).any(|_| pace.take(1_000, 64)));
        assert!(pace.take(1_009, 64));
        assert!(pace.was_fast(1_012));
        // Nothing since.
        assert!(!pace.was_fast(1_022));
        // 64 in 2 ms.
        assert!(!(0..100).any(|k| pace.take(2_000 + 2 * k, 64)));
    }
}
