//! An allocator that keeps its state in memory: for tests and trials, since it survives nothing.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, SystemClock};
use crate::fork::Process;
use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::number::serial::Block;
use crate::series::{Series, SeriesName};
use crate::store::allocator::{AllocateError, Allocator, Store};
use crate::store::snapshot::Snapshot;
use crate::store::timeline::{Answer, History, Request, Timeline, step};

/// Store URL `memory:`. One process shares the series, and it ends with the process.
///
/// Clones share one state. A child of `fork` has a copy of it, and would grant what its parent
/// grants: there, every call is [`AllocateError::Refused`].
#[derive(Clone)]
pub struct MemoryAllocator {
    shared: Arc<Shared>,
}

struct Shared {
    /// The only one that may grant from this state.
    process: Process,
    series: Series,
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
        Self {
            shared: Arc::new(Shared {
                process: Process::current(),
                series,
                history: History::random(),
                clock,
                timeline: Mutex::new(None),
            }),
        }
    }
}

/// A child of `fork` asked for its parent's series.
#[derive(Debug, thiserror::Error)]
#[error(
    "the series is in the memory of the process that made it, and this is a child of that process: both would grant the same serials; make the allocator after the fork, or keep the series in a file"
)]
struct InTheChild;

impl MemoryAllocator {
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

impl Default for MemoryAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl Allocator for MemoryAllocator {
    fn series(&self) -> &Series {
        &self.shared.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let shared = &*self.shared;
        let mut timeline = self.timeline()?;
        let now_ms = shared.clock.now_ms();
        let request = Request::local(now_ms, &shared.history, wanted);
        match step(&mut timeline, &request) {
            Ok(Answer::Granted(block)) => Ok(block),
            Ok(Answer::NotYet(after)) => Err(AllocateError::NotYet { after }),
            Err(source) => Err(AllocateError::Clock {
                store: self.to_string(),
                source,
            }),
        }
    }
}

impl Store for MemoryAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let timeline = self.timeline()?.clone();
        Ok(Snapshot::new(timeline, self.shared.clock.now_ms()))
    }

    fn is_new(&self) -> bool {
        // There was none before this process.
        true
    }
}

impl fmt::Display for MemoryAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory:")
    }
}

impl fmt::Debug for MemoryAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAllocator")
            .field("series", &self.shared.series)
            .finish_non_exhaustive()
    }
}
