//! The suite passes ours, and catches allocators that break the contract on purpose.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::series::Series;
use crate::store::memory::MemoryAllocator;
use crate::store::timeline::{Answer, History, Request, Timeline, step};

#[test]
fn memory_conforms_and_so_do_its_wrappers() {
    let memory = MemoryAllocator::new();
    conformance(|| Ok(memory.clone())).unwrap();
    conformance(|| Ok(Box::new(memory.clone()) as Box<dyn Allocator>)).unwrap();
    conformance(|| Ok(Arc::new(&memory))).unwrap();
}

/// An allocator over a state that all handles share, with one thing wrong.
#[derive(Clone)]
struct Mutant {
    series: Series,
    history: History,
    stored: Arc<Mutex<Option<Timeline>>>,
    /// This handle's own copy, for the mutant that stores nothing.
    own: Arc<Mutex<Option<Timeline>>>,
    /// The last block and how often it may still be answered, for the one that reuses it.
    last: Arc<Mutex<Option<(Block, u32)>>>,
    fault: Fault,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    None,
    /// The state is read and written in two steps, between which others may come.
    NotAtomic,
    /// The state is not stored: every handle goes on from what was there when it was opened.
    NotPersisted,
    /// A block is answered twice.
    BlockReused,
    /// One serial more than reserved is answered.
    OneTooMany,
    /// `Debug` shows the series with its key.
    KeyInDebug,
    /// Every handle has a series of its own.
    OtherSeries,
}

impl Mutant {
    fn new(fault: Fault) -> Self {
        Self {
            series: MemoryAllocator::new().series().clone(),
            history: History::random(),
            stored: Arc::default(),
            own: Arc::default(),
            last: Arc::default(),
            fault,
        }
    }

    fn opened_again(&self) -> Self {
        Self {
            own: Arc::new(Mutex::new(self.stored.lock().unwrap().clone())),
            series: match self.fault {
                Fault::OtherSeries => MemoryAllocator::new().series().clone(),
                _ => self.series.clone(),
            },
            ..self.clone()
        }
    }

    fn step(
        &self,
        state: &mut Option<Timeline>,
        wanted: NonZeroU32,
    ) -> Result<Block, AllocateError> {
        let now_ms = SystemClock.now_ms();
        let request = Request::local(now_ms, &self.history, wanted);
        match step(state, &request) {
            Ok(Answer::Granted(block)) => Ok(block),
            Ok(Answer::NotYet(after)) => Err(AllocateError::NotYet { after }),
            Err(error) => Err(AllocateError::refused(self, error)),
        }
    }
}

impl Allocator for Mutant {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        match self.fault {
            Fault::NotAtomic => {
                let mut state = self.stored.lock().unwrap().clone();
                std::thread::yield_now();
                let answer = self.step(&mut state, wanted);
                *self.stored.lock().unwrap() = state;
                answer
            }
            Fault::NotPersisted => {
                let mut own = self.own.lock().unwrap();
                let mut stored = self.stored.lock().unwrap();
                let answer = self.step(&mut own, wanted);
                // Only the birth is stored, as by a program that forgets to write from then on.
                stored.get_or_insert_with(|| own.clone().unwrap());
                answer
            }
            Fault::BlockReused => {
                let mut last = self.last.lock().unwrap();
                if let Some((block, left @ 1..)) = &mut *last
                    && block.length() <= wanted
                {
                    *left -= 1;
                    return Ok(*block);
                }
                let block = self.step(&mut self.stored.lock().unwrap(), wanted)?;
                let rarely = u32::from(block.start().slot() % 50 == 49);
                *last = Some((block, rarely));
                Ok(block)
            }
            Fault::OneTooMany => {
                let block = self.step(&mut self.stored.lock().unwrap(), wanted)?;
                let length = block.length().saturating_add(1);
                Ok(Block::new(block.start(), length).unwrap_or(block))
            }
            Fault::None | Fault::KeyInDebug | Fault::OtherSeries => {
                self.step(&mut self.stored.lock().unwrap(), wanted)
            }
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mutant:")
    }
}

impl fmt::Debug for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::KeyInDebug => write!(f, "{:?}", self.series.key().expose()),
            fault => write!(f, "Mutant({fault:?})"),
        }
    }
}

fn verdict(fault: Fault) -> Result<(), Violation> {
    let mutant = Mutant::new(fault);
    conformance(|| Ok(mutant.opened_again()))
}

#[test]
fn the_mutants_without_a_fault_conform() {
    verdict(Fault::None).unwrap();
}

#[test]
fn a_reserve_that_is_not_atomic_is_caught() {
    let violation = verdict(Fault::NotAtomic).unwrap_err();
    assert!(matches!(violation, Violation::Repeat { .. }), "{violation}");
}

#[test]
fn a_skipped_persist_is_caught() {
    let violation = verdict(Fault::NotPersisted).unwrap_err();
    assert!(matches!(violation, Violation::Repeat { .. }), "{violation}");
}

#[test]
fn a_reused_block_is_caught() {
    let violation = verdict(Fault::BlockReused).unwrap_err();
    assert!(matches!(violation, Violation::Repeat { .. }), "{violation}");
}

#[test]
fn more_than_wanted_is_caught() {
    let violation = verdict(Fault::OneTooMany).unwrap_err();
    assert!(
        matches!(violation, Violation::TooMany { .. }),
        "{violation}"
    );
}

#[test]
fn a_shown_key_is_caught() {
    let violation = verdict(Fault::KeyInDebug).unwrap_err();
    assert!(
        matches!(violation, Violation::KeyShown { .. }),
        "{violation}"
    );
}

#[test]
fn another_series_at_the_next_opening_is_caught() {
    let violation = verdict(Fault::OtherSeries).unwrap_err();
    assert!(
        matches!(violation, Violation::SeriesChanged { .. }),
        "{violation}"
    );
}
