//! The wait for a tick that began under the lock.

use std::time::Duration;

use super::lock::LOCK_TIMEOUT_MS;
use crate::clock::Clock;
use crate::number::serial::TICK_MS;
use crate::store::timeline::TimelineError;

/// Bounds the loop where the monotonic clock stands still: each turn sleeps a millisecond at least.
const TURNS: u64 = LOCK_TIMEOUT_MS;

/// Wait until a tick has begun that had not when this was called, and answer the one reading of
/// the clock that shows it, in milliseconds since the Unix epoch.
///
/// Called with the lock held, so that the tick began under no other holder's. Whoever grants from
/// it must not read the clock again: after a step back that might name a tick which another holder
/// granted from.
///
/// # Errors
/// The clock came to no later tick within 2 s: it stands still, or was set back meanwhile.
pub(super) fn wait_for_next(clock: &dyn Clock) -> Result<i64, TimelineError> {
    let tick = |ms: i64| ms.div_euclid(TICK_MS as i64);
    let started_ms = clock.monotonic_ms();
    let noted_ms = clock.exact_ms();
    let begins_ms = (tick(noted_ms) + 1) * TICK_MS as i64;
    let mut now_ms = noted_ms;
    for _ in 0..TURNS {
        let rest_ms = begins_ms.saturating_sub(now_ms).clamp(1, TICK_MS as i64);
        clock.sleep(Duration::from_millis(rest_ms.unsigned_abs()));
        now_ms = clock.exact_ms();
        if now_ms >= begins_ms {
            return Ok(now_ms);
        }
        if clock.monotonic_ms().saturating_sub(started_ms) >= LOCK_TIMEOUT_MS {
            break;
        }
    }
    Err(TimelineError::ClockHeldUp { noted_ms, now_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;
    use std::sync::atomic::{AtomicI64, Ordering};

    #[test]
    fn a_later_tick_and_no_later_than_it_begins() {
        for (start_ms, expected_ms) in [(1_000, 1_010), (1_001, 1_010), (1_009, 1_010), (-1, 0)] {
            let clock = ManualClock::at(start_ms);
            assert_eq!(wait_for_next(&clock), Ok(expected_ms), "{start_ms}");
            assert_eq!(clock.now_ms(), expected_ms);
        }
    }

    /// A clock whose readings are told one after the other; the last one stays.
    #[derive(Debug)]
    struct Scripted {
        readings: Vec<i64>,
        next: AtomicI64,
        monotonic: ManualClock,
    }

    impl Clock for Scripted {
        fn now_ms(&self) -> i64 {
            let next = self.next.fetch_add(1, Ordering::SeqCst) as usize;
            self.readings[next.min(self.readings.len() - 1)]
        }
        fn monotonic_ms(&self) -> u64 {
            self.monotonic.monotonic_ms()
        }
        fn exact_ms(&self) -> i64 {
            self.now_ms()
        }
        fn sleep(&self, duration: Duration) {
            self.monotonic.sleep(duration);
        }
    }

    fn scripted(readings: &[i64]) -> (Result<i64, TimelineError>, u64) {
        let clock = Scripted {
            readings: readings.to_vec(),
            next: AtomicI64::new(0),
            monotonic: ManualClock::at(0),
        };
        (wait_for_next(&clock), clock.monotonic_ms())
    }

    #[test]
    fn a_clock_that_stands_still_or_steps_back_is_waited_for_and_then_told() {
        // Back by less than the patience: the tick that counts is later than the one noted first.
        assert_eq!(scripted(&[5_005, 4_990, 5_000, 5_009, 5_010]).0, Ok(5_010));
        for (readings, last) in [(&[5_005][..], 5_005), (&[5_005, 1_000], 1_000)] {
            let (answer, waited_ms) = scripted(readings);
            let expected = TimelineError::ClockHeldUp {
                noted_ms: 5_005,
                now_ms: last,
            };
            assert_eq!(answer, Err(expected));
            assert!((2_000..2_020).contains(&waited_ms), "{waited_ms}");
        }
        assert_eq!(
            scripted(&[5_005, 1_000]).0.unwrap_err().to_string(),
            "the clock said 1970-01-01T00:00:05.005Z, and 2 s of waiting later 1970-01-01T00:00:01.000Z; it stands still or was set back: set it right and try again"
        );
    }
}
