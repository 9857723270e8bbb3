//! The clocks that allocators and the generator read, so that tests can bring their own.

use std::fmt::Debug;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A source of time. The library reads no clock but through this trait.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, in milliseconds since the Unix epoch. It may step in either direction.
    fn now_ms(&self) -> i64;

    /// Milliseconds since an arbitrary moment. It never goes back.
    fn monotonic_ms(&self) -> u64;

    /// The time of day as exactly as it can be told, in milliseconds since the Unix epoch, for who
    /// waits until it moves on; [`now_ms`](Self::now_ms) may lag. It must be the same in all
    /// processes that reserve from a state file: see [`FileAllocator`](crate::FileAllocator).
    fn exact_ms(&self) -> i64;

    /// Let time pass: block this thread for about so long.
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// The clocks of this machine.
///
/// On Linux the coarse ones, which the kernel advances every 1 to 10 ms: they cost a tenth of the
/// exact ones, and being late by less than a tick is safe, since a clock may be off by far more.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const CLOCKS: (ClockId, ClockId) = (ClockId::RealtimeCoarse, ClockId::MonotonicCoarse);
/// Other systems have no coarse ones.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const CLOCKS: (ClockId, ClockId) = (ClockId::Realtime, ClockId::Monotonic);

impl Clock for SystemClock {
    #[inline]
    fn now_ms(&self) -> i64 {
        let now = clock_gettime(CLOCKS.0);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    #[inline]
    fn monotonic_ms(&self) -> u64 {
        let now = clock_gettime(CLOCKS.1);
        // The monotonic clock starts at 0 and only advances.
        (now.tv_sec * 1000 + now.tv_nsec / 1_000_000).unsigned_abs()
    }

    fn exact_ms(&self) -> i64 {
        let now = clock_gettime(ClockId::Realtime);
        now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}

/// By how much a clock that was read between two readings of another is surely ahead of it:
/// however long the answer took, that alone makes no difference.
pub(crate) fn ahead_ms(before_ms: i64, found_ms: i64, after_ms: i64) -> i64 {
    if found_ms < before_ms {
        found_ms.saturating_sub(before_ms)
    } else {
        found_ms.saturating_sub(after_ms).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_there_and_back_is_no_difference() {
        for (before, found, after, expected) in [
            (100, 100, 100, 0),
            (100, 400, 900, 0),
            (100, 99, 900, -1),
            (100, 901, 900, 1),
            (100, i64::MIN, 100, i64::MIN),
            (0, i64::MAX, 0, i64::MAX),
        ] {
            assert_eq!(ahead_ms(before, found, after), expected);
        }
    }
}
