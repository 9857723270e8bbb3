//! The rate of one caller.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::{StateInformationMiddleware, StateSnapshot};
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{InsufficientCapacity, NotUntil, RateLimiter};
use tracking_programs::tokens::TokenRate;

use super::tally::Tally;
use super::{Left, Rate, RateClock, Refused};

/// How much one caller has taken, and may take.
#[derive(Debug)]
pub(crate) struct Limiter {
    rate: Rate,
    tally: One,
    taken: RateLimiter<NotKeyed, One, RateClock, StateInformationMiddleware>,
}

/// The tally of one caller; `governor` lets nobody reach the one that it has.
#[derive(Debug, Clone, Default)]
struct One(Arc<Tally>);

impl StateStore for One {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _key: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(decide)
    }
}

impl Limiter {
    pub(crate) fn new(rate: TokenRate, clock: RateClock) -> Self {
        let rate = Rate::new(rate);
        let tally = One::default();
        let taken = RateLimiter::new(rate.quota, tally.clone(), clock);
        Self { rate, tally, taken }
    }

    pub(crate) fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Take all of these numbers, or none.
    pub(crate) fn take(&self, numbers: NonZeroU32) -> Result<Left, Refused> {
        let taken = match numbers {
            // It has no multiplication.
            NonZeroU32::MIN => Ok(self.taken.check()),
            numbers => self.taken.check_n(numbers),
        };
        outcome(taken, numbers, &self.rate, self.taken.clock())
    }

    /// Undo the taking of these numbers.
    pub(crate) fn give_back(&self, numbers: NonZeroU32) {
        self.tally.0.give_back(self.rate.period() * numbers.get());
    }
}

/// What came of taking numbers.
pub(super) fn outcome(
    taken: Result<Result<StateSnapshot, NotUntil<Nanos>>, InsufficientCapacity>,
    numbers: NonZeroU32,
    rate: &Rate,
    clock: &RateClock,
) -> Result<Left, Refused> {
    match taken {
        Ok(Ok(snapshot)) => Ok(Left(snapshot.remaining_burst_capacity())),
        Ok(Err(not_until)) => {
            let after = not_until.wait_time_from(clock.now());
            // What it waits for is all that is missing of them.
            let missing = after.as_nanos().div_ceil(rate.period().as_nanos().max(1));
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
            assert_eq!(limiter.take(numbers(1)), Ok(Left(left)));
        }
        let after = Duration::from_millis(100);
        let refused = Err(Refused {
            left: Left(0),
            after,
        });
        assert_eq!(limiter.take(numbers(1)), refused);
        clock.advance(after - Duration::from_nanos(1));
        assert!(limiter.take(numbers(1)).is_err());
        clock.advance(Duration::from_nanos(1));
        assert_eq!(limiter.take(numbers(1)), Ok(Left(0)));
        clock.advance(Duration::from_secs(60));
        assert_eq!(limiter.take(numbers(3)), Ok(Left(0)));
    }

    #[test]
    fn many_are_taken_all_or_none() {
        let (limiter, clock) = limiter(10, 100);
        assert_eq!(limiter.take(numbers(60)), Ok(Left(40)));
        let refused = limiter.take(numbers(50));
        let after = Duration::from_secs(1);
        let left = Left(40);
        assert_eq!(refused, Err(Refused { left, after }));
        assert_eq!(limiter.take(numbers(40)), Ok(Left(0)));
        assert_eq!(
            limiter.take(numbers(101)),
            Err(Refused {
                left: Left(0),
                after: Duration::MAX
            })
        );
        clock.advance(Duration::from_secs(10));
        assert_eq!(limiter.take(numbers(100)), Ok(Left(0)));
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
            let left = limiter.take(numbers(take)).unwrap();
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
