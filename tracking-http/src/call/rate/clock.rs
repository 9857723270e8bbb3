//! The clock of the rates.

use std::time::Instant;

use governor::clock::Clock;
#[cfg(test)]
use governor::clock::FakeRelativeClock;
use governor::nanos::Nanos;

/// The exact monotonic clock, or one that a test moves.
///
/// Not the coarse one that everything else reads: it stands still for up to 10 ms, and who may take one
/// number a millisecond and none in advance would get a tenth of that.
#[derive(Debug, Clone)]
pub(crate) enum RateClock {
    Monotonic {
        origin: Instant,
    },
    #[cfg(test)]
    Manual(FakeRelativeClock),
}

impl RateClock {
    pub(crate) fn monotonic() -> Self {
        Self::Monotonic {
            origin: Instant::now(),
        }
    }
}

impl Clock for RateClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        match self {
            Self::Monotonic { origin } => origin.elapsed().into(),
            #[cfg(test)]
            Self::Manual(clock) => clock.now(),
        }
    }
}
