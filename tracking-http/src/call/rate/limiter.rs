//! The rate of one caller, or of many.

use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{InsufficientCapacity, RateLimiter};
use tracking_programs::tokens::TokenRate;

use super::tally::Tally;
use super::{Left, Rate, RateClock, Refused};

/// How much callers have taken, and each may take: one of them, or each of `T`'s.
pub(crate) struct Limiter<T: Tallies = Tally> {
    rate: Rate,
    tallies: Arc<T>,
    taken: RateLimiter<T::Key, Kept<T>, RateClock, StateInformationMiddleware>,
}

/// Whose tally is which.
pub(crate) trait Tallies: Default {
    type Key: Hash + Eq + Clone;

    fn tally(&self, key: &Self::Key) -> &Tally;
}

/// All that there is of one caller.
impl Tallies for Tally {
    type Key = ();

    fn tally(&self, (): &()) -> &Tally {
        self
    }
}

/// Shared with `governor`, which lets nobody reach what it has.
struct Kept<T>(Arc<T>);

impl<T: Tallies> StateStore for Kept<T> {
    type Key = T::Key;

    fn measure_and_replace<R, F, E>(&self, key: &T::Key, decide: F) -> Result<R, E>
    where
        F: Fn(Option<Nanos>) -> Result<(R, Nanos), E>,
    {
        self.0.tally(key).measure_and_replace(decide)
    }
}

impl<T: Tallies> Limiter<T> {
    pub(crate) fn new(rate: TokenRate, clock: RateClock) -> Self {
        let rate = Rate::new(rate);
        let tallies = Arc::<T>::default();
        let taken = RateLimiter::new(rate.quota, Kept(Arc::clone(&tallies)), clock);
        Self {
            rate,
            tallies,
            taken,
        }
    }

    pub(crate) fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Take all of these numbers, or none.
    pub(crate) fn take(&self, key: &T::Key, numbers: NonZeroU32) -> Result<Left, Refused> {
        let taken = match numbers {
            // It has no multiplication.
            NonZeroU32::MIN => Ok(self.taken.check_key(key)),
            numbers => self.taken.check_key_n(key, numbers),
        };
        match taken {
            Ok(Ok(snapshot)) => Ok(Left(snapshot.remaining_burst_capacity())),
            Ok(Err(not_until)) => {
                let after = not_until.wait_time_from(self.taken.clock().now());
                // What it waits for is all that is missing of them.
                let missing = after
                    .as_nanos()
                    .div_ceil(self.rate.period().as_nanos().max(1));
                let missing = u32::try_from(missing).unwrap_or(u32::MAX);
                let left = Left(numbers.get().saturating_sub(missing));
                Err(Refused { left, after })
            }
            Err(InsufficientCapacity(_)) => Err(Refused {
                left: Left(0),
                after: Duration::MAX,
            }),
        }
    }

    /// Undo the taking of these numbers.
    pub(crate) fn give_back(&self, key: &T::Key, numbers: NonZeroU32) {
        let time = self.rate.period() * numbers.get();
        self.tallies.tally(key).give_back(time);
    }
}

/// No more than the rate: what was taken may be 65,536 lines.
impl<T: Tallies> fmt::Debug for Limiter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.rate).finish()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn numbers(count: u32) -> NonZeroU32 {
        NonZeroU32::new(count).unwrap()
    }

    fn limiter(rate: u32, burst: u32) -> (Limiter, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let rate = TokenRate::new(rate, Some(burst)).unwrap();
        let limiter = Limiter::new(rate, RateClock::Manual(clock.clone()));
        (limiter, clock)
    }

    #[test]
    fn a_burst_at_once_and_then_the_rate() {
        let (limiter, clock) = limiter(10, 3);
        for left in [2, 1, 0] {
            assert_eq!(limiter.take(&(), numbers(1)), Ok(Left(left)));
        }
        let after = Duration::from_millis(100);
        let refused = Err(Refused {
            left: Left(0),
            after,
        });
        assert_eq!(limiter.take(&(), numbers(1)), refused);
        clock.advance(after - Duration::from_nanos(1));
        assert!(limiter.take(&(), numbers(1)).is_err());
        clock.advance(Duration::from_nanos(1));
        assert_eq!(limiter.take(&(), numbers(1)), Ok(Left(0)));
        clock.advance(Duration::from_secs(60));
        assert_eq!(limiter.take(&(), numbers(3)), Ok(Left(0)));
    }

    #[test]
    fn many_are_taken_all_or_none() {
        let (limiter, clock) = limiter(10, 100);
        assert_eq!(limiter.take(&(), numbers(60)), Ok(Left(40)));
        let refused = limiter.take(&(), numbers(50));
        let after = Duration::from_secs(1);
        let left = Left(40);
        assert_eq!(refused, Err(Refused { left, after }));
        assert_eq!(limiter.take(&(), numbers(40)), Ok(Left(0)));
        assert_eq!(
            limiter.take(&(), numbers(101)),
            Err(Refused {
                left: Left(0),
                after: Duration::MAX
            })
        );
        clock.advance(Duration::from_secs(10));
        assert_eq!(limiter.take(&(), numbers(100)), Ok(Left(0)));
    }

    #[test]
    fn the_fields_say_what_is_left_and_when_all_is_back() {
        for (rate, burst, take, expected) in [
            (
                100,
                1_000,
                1,
                ["\"numbers\";r=999;t=1", "\"numbers\";q=1000;w=10"],
            ),
            (
                100,
                1_000,
                1_000,
                ["\"numbers\";r=0;t=10", "\"numbers\";q=1000;w=10"],
            ),
            (100, 10, 1, ["\"numbers\";r=9;t=1", "\"numbers\";q=10;w=1"]),
            (
                1,
                u32::MAX,
                u32::MAX,
                [
                    "\"numbers\";r=0;t=4294967295",
                    "\"numbers\";q=4294967295;w=4294967295",
                ],
            ),
        ] {
            let (limiter, _clock) = limiter(rate, burst);
            let left = limiter.take(&(), numbers(take)).unwrap();
            let mut headers = warp::http::HeaderMap::new();
            limiter.rate().write(left, &mut headers);
            let found =
                ["ratelimit", "ratelimit-policy"].map(|name| headers[name].to_str().unwrap());
            assert_eq!(found, expected);
            // Who charged last knows best, and writes first.
            limiter.rate().write(Left(5), &mut headers);
            assert_eq!(headers["ratelimit"].to_str().unwrap(), expected[0]);
        }
    }
}
