//! Settings first, then the generator of an allocator.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use super::plan::{self, Settings};
use super::refill::Source;
use super::supply::Supply;
use super::{Generator, Shared};
use crate::clock::{Clock, SystemClock};
use crate::fork::PerProcess;
use crate::store::allocator::Allocator;
use crate::store::guard::Guarded;

/// Makes a [`Generator`].
#[derive(Debug, Clone)]
pub struct GeneratorBuilder {
    pub(super) settings: Settings,
    pub(super) deadline: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) by_hand: bool,
}

impl Default for GeneratorBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            deadline: Duration::from_secs(2),
            clock: Arc::new(SystemClock),
            by_hand: false,
        }
    }
}

impl GeneratorBuilder {
    /// How many serials a reservation asks for at least, and how many are kept in hand at least:
    /// 65,536 unless set; at most 2^24.
    pub fn block_size(mut self, serials: NonZeroU32) -> Self {
        self.settings.block_size = serials.min(plan::LONGEST_RUNWAY);
        self
    }

    /// How old a block may grow before it is dropped, by any clock: 120 s unless set, at least
    /// 1 s. It is replaced at half that age.
    pub fn block_max_age(mut self, age: Duration) -> Self {
        let ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        self.settings.block_max_age_ms = ms.clamp(1_000, 1 << 40);
        self
    }

    /// How long [`next`](Generator::next), [`fill`](Generator::fill) and
    /// [`ready`](Generator::ready) wait for a number: 2 s unless set, at most an hour.
    ///
    /// A first reservation may take longer than 2 s, from a state file that hundreds of processes
    /// ask at once: up to 30 s while their queue moves. It goes on when a caller gives up, who is
    /// told [`AllocateError::NotYet`](crate::AllocateError::NotYet).
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline.min(Duration::from_secs(3_600));
        self
    }

    /// The clock by which blocks age; this machine's unless set.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Without a thread of its own: whoever simulates it calls [`turn`](Generator::turn).
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn by_hand(mut self) -> Self {
        self.by_hand = true;
        self
    }

    /// The generator of an allocator. Nothing is reserved, and no thread runs, until the first
    /// number is asked for.
    pub fn build(self, allocator: impl Allocator + 'static) -> Generator {
        let source: Source = Arc::new(Guarded::new(Box::new(allocator)));
        Generator {
            shared: Arc::new(Shared {
                supply: PerProcess::new(Supply::new(&source, &self)),
                source,
                builder: self,
            }),
        }
    }
}
