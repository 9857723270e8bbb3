//! What a generator has in hand, and the thread that fetches more: one for each process.
//!
//! A child of `fork` inherits numbers that are its parent's, mutexes that a thread it does not
//! have may hold, and a refill thread that it does not have. It touches none of that and starts
//! with a supply of its own: see [`crate::fork`].

use std::sync::Arc;

use super::GeneratorBuilder;
use super::batch::Batches;
use super::refill::{Refill, Source};

pub(super) struct Supply {
    pub(super) batches: Arc<Batches>,
    pub(super) refill: Arc<Refill>,
}

impl Supply {
    pub(super) fn new(source: &Source, builder: &GeneratorBuilder) -> Self {
        let clock = Arc::clone(&builder.clock);
        Self {
            batches: Arc::new(Batches::new()),
            refill: Arc::new(Refill::new(
                Arc::clone(source),
                clock,
                builder.settings,
                builder.by_hand,
            )),
        }
    }

    /// What a copy of this memory holds: the numbers in hand, and no thread.
    #[cfg(feature = "testing")]
    pub(super) fn copied(&self, source: &Source) -> Self {
        Self {
            batches: Arc::new(self.batches.copied()),
            refill: Arc::new(self.refill.copied(Arc::clone(source))),
        }
    }
}

impl Drop for Supply {
    fn drop(&mut self) {
        // The thread may be in a reservation: it ends after that, and nobody waits for it.
        self.refill.stop();
    }
}
