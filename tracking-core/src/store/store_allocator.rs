//! The allocator over whatever keeps a state: it owns the rule, the distrust and the errors.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::fork::PerProcess;
use crate::number::serial::{Block, TICK_MS};
use crate::series::Series;
use crate::store::allocator::{AllocateError, Allocator, OpenStore};
use crate::store::keep::{Moment, Rewinds, Step, StepNotTaken, Store};
use crate::store::newest::Newest;
use crate::store::snapshot::Snapshot;
use crate::store::timeline::{Answer, Seen, Timeline, TimelineError, step};
use crate::store::warning::StoreWarning;

/// An [`Allocator`] over a [`Store`]: it steps the [`timeline`](crate::store::timeline), and remembers what was
/// granted through it, so that an older state that is put in the place of a living one is noticed.
///
/// A clone is another handle: it shares what the stores share, and has seen nothing yet.
pub struct StoreAllocator<S> {
    store: S,
    series: Series,
    newest: PerProcess<Newest>,
}

impl<S: Store> StoreAllocator<S> {
    /// An allocator of the series whose state this store keeps.
    pub fn over(store: S, series: Series) -> Self {
        Self {
            store,
            series,
            newest: PerProcess::default(),
        }
    }

    /// What keeps the state.
    pub fn store(&self) -> &S {
        &self.store
    }

    fn newest(&self) -> &Newest {
        self.newest.get(Newest::default)
    }
}

/// One reservation of a state.
fn answer(
    state: &mut Option<Timeline>,
    moment: &Moment<'_>,
    wanted: NonZeroU32,
    seen: Option<Seen>,
) -> Result<Answer, TimelineError> {
    let before = state.clone();
    match step(state, &moment.request(wanted, seen))? {
        // Somebody granted from this tick, so the clock was set back. Its rest is nobody's.
        Answer::Granted(block)
            if moment.rewinds == Rewinds::Harmless && block.start().slot() > 0 =>
        {
            *state = before;
            Ok(Answer::NotYet(Duration::from_millis(TICK_MS)))
        }
        answer => Ok(answer),
    }
}

impl<S: Store> Allocator for StoreAllocator<S> {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        // Before the state is read: what is seen meanwhile, that one may not hold yet.
        let known = self.newest().known();
        let mut taken = None;
        self.store.update(&mut |state, moment| {
            let seen = known.by(moment.history.as_str());
            let answer = answer(state, moment, wanted, seen);
            taken = Some((answer, moment.history.clone()));
        })?;
        let (answer, history) =
            taken.ok_or_else(|| AllocateError::refused(&self.store, StepNotTaken))?;
        match answer {
            Ok(Answer::Granted(block)) => {
                self.newest().note(history.as_str(), Seen::end_of(&block));
                Ok(block)
            }
            Ok(Answer::NotYet(after)) => Err(AllocateError::NotYet { after }),
            Err(source) => Err(AllocateError::of_step(self, source)),
        }
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        Some(self)
    }
}

impl<S: Store> OpenStore for StoreAllocator<S> {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let snapshot = self.store.snapshot()?;
        if let Some(timeline) = &snapshot.timeline {
            let history = timeline.history();
            self.newest().note_state(history.as_str(), timeline);
        }
        Ok(snapshot)
    }

    fn change(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        self.store.update(step)
    }

    fn warnings(&self) -> Vec<StoreWarning> {
        self.store.warnings()
    }

    fn is_new(&self) -> bool {
        self.store.is_new()
    }
}

impl<S: Store + Clone> Clone for StoreAllocator<S> {
    fn clone(&self) -> Self {
        Self::over(self.store.clone(), self.series.clone())
    }
}

impl<S: fmt::Display> fmt::Display for StoreAllocator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl<S: fmt::Debug> fmt::Debug for StoreAllocator<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreAllocator")
            .field("store", &self.store)
            .field("series", &self.series)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
