//! A state in memory: for tests and trials, since it survives nothing.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, SystemClock};
use crate::fork::Process;
use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::series::{Series, SeriesName};
use crate::store::allocator::AllocateError;
use crate::store::keep::{Moment, Rewinds, Step, Store};
use crate::store::store_allocator::StoreAllocator;
use crate::store::timeline::{History, Timeline};

/// Store URL `memory:`. One process shares the series, and it ends with the process.
///
/// Clones share one state. A child of `fork` has a copy of it, and would grant what its parent
/// grants: there, every call is [`AllocateError::Refused`].
pub type MemoryAllocator = StoreAllocator<MemoryStore>;

/// Keeps the state of a [`MemoryAllocator`]. Clones share it.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    /// The only one that may grant from this state.
    process: Process,
    history: History,
    clock: Arc<dyn Clock>,
    timeline: Mutex<Option<Timeline>>,
}

impl MemoryAllocator {
    /// A new series of its own, with a random prefix and key.
    pub fn new() -> Self {
        let now_ms = SystemClock.now_ms();
        let name = SeriesName::default();
        Self::with_series(Series::new(name, Prefix::random(), Key::random(), now_ms))
    }

    /// An allocator for a given series.
    ///
    /// The same series must not be used elsewhere: see the promise in the crate's documentation.
    pub fn with_series(series: Series) -> Self {
        Self::with_clock(series, Arc::new(SystemClock))
    }

    /// An allocator for a given series that reads a given clock.
    pub fn with_clock(series: Series, clock: Arc<dyn Clock>) -> Self {
        Self::continuing(series, None, clock)
    }

    /// The same, which goes on after a state.
    pub(crate) fn continuing(
        series: Series,
        start: Option<Timeline>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let shared = Arc::new(Shared {
            process: Process::current(),
            history: History::random(),
            clock,
            timeline: Mutex::new(start),
        });
        Self::over(MemoryStore { shared }, series)
    }
}

impl Default for MemoryAllocator {
    fn default() -> Self {
        Self::new()
    }
}

/// A child of `fork` asked for its parent's series.
#[derive(Debug, thiserror::Error)]
#[error(
    "the series is in the memory of the process that made it, and this is a child of that process: both would grant the same serials; make the allocator after the fork, or keep the series in a file"
)]
struct InTheChild;

impl MemoryStore {
    fn timeline(&self) -> Result<MutexGuard<'_, Option<Timeline>>, AllocateError> {
        let shared = &*self.shared;
        // Before the lock, which a thread of the parent may have held.
        if !shared.process.is_current() {
            return Err(AllocateError::refused(self, InTheChild));
        }
        // A step changes the state only when it succeeds, so a poisoned state is a whole one.
        let timeline = shared.timeline.lock();
        Ok(timeline.unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        let mut timeline = self.timeline()?;
        let moment = Moment::local(self.shared.clock.now_ms(), &self.shared.history);
        step(&mut timeline, &moment.with_rewinds(Rewinds::Impossible));
        Ok(())
    }

    fn is_new(&self) -> bool {
        // There was none before this process.
        true
    }
}

impl fmt::Display for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory:")
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
