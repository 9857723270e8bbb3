//! How many numbers may be taken, by `governor`, and what callers are told of it.

mod addresses;
mod clock;
mod limiter;
mod tally;

use std::time::Duration;

use tracking_programs::tokens::TokenRate;
use warp::http::header::{Entry, HeaderMap, HeaderName, HeaderValue};

pub(crate) use self::addresses::{Addresses, Client};
pub(crate) use self::clock::RateClock;
pub(crate) use self::limiter::Limiter;

// draft-ietf-httpapi-ratelimit-headers-10.
pub(crate) const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A rate, in each form that it is used in.
#[derive(Debug)]
pub(crate) struct Rate {
    rate: TokenRate,
    quota: governor::Quota,
    /// The field `RateLimit-Policy`. It is cloned for each answer, which copies nothing.
    policy: HeaderValue,
}

impl Rate {
    #[expect(
        clippy::expect_used,
        reason = "the parts of a rate are never 0, and digits are a header's value"
    )]
    pub(crate) fn new(rate: TokenRate) -> Self {
        let [per_second, burst] = [rate.per_second(), rate.burst()]
            .map(|part| std::num::NonZeroU32::new(part).expect("not 0"));
        // The seconds that the whole burst takes to come back.
        let window = rate.burst().div_ceil(rate.per_second());
        let policy = format!("\"numbers\";q={burst};w={window}");
        let policy = HeaderValue::try_from(policy).expect("digits");
        Self {
            rate,
            quota: governor::Quota::per_second(per_second).allow_burst(burst),
            policy,
        }
    }

    pub(crate) fn rate(&self) -> TokenRate {
        self.rate
    }

    /// The time that one number takes to come back, as `governor` counts it.
    fn period(&self) -> Duration {
        let period = self.quota.replenish_interval();
        period.max(Duration::from_nanos(1))
    }

    /// How many of the numbers that were taken have not come back by themselves, a while after these were
    /// `left`.
    pub(crate) fn still_taken(&self, left: Left, after: Duration) -> u32 {
        let come_back = after.as_nanos() / self.period().as_nanos();
        let come_back = u32::try_from(come_back).unwrap_or(u32::MAX);
        (self.rate.burst().saturating_sub(left.0)).saturating_sub(come_back)
    }

    /// What is left while so many are taken.
    pub(crate) fn left_beside(&self, taken: u32) -> Left {
        Left(self.rate.burst().saturating_sub(taken))
    }

    /// Say what is left, and of how much. What was said before, by who knew better, stays.
    pub(crate) fn write(&self, left: Left, headers: &mut HeaderMap) {
        let Entry::Vacant(field) = headers.entry(RATELIMIT) else {
            return;
        };
        let missing = self.rate.burst().saturating_sub(left.0);
        let full_after = seconds(self.period() * missing);
        let value = format!("\"numbers\";r={};t={full_after}", left.0);
        if let Ok(value) = HeaderValue::try_from(value) {
            field.insert(value);
            headers.insert(RATELIMIT_POLICY, self.policy.clone());
        }
    }
}

/// How many numbers may be taken at once now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left(u32);

/// Nothing was taken, since more was wanted than is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) left: Left,
    /// When there will be enough: never, for more than the burst.
    pub(crate) after: Duration,
}

/// Whole seconds, and no fewer than it takes.
pub(crate) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
