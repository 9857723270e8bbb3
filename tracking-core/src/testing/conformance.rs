//! The conformance suite: the [`Allocator`] contract, asked of an implementation.

use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZeroU32;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::number::serial::{Block, SLOTS, Serial};
use crate::series::{Export, reopen};
use crate::store::allocator::{AllocateError, Allocator, NotMovable};

/// How long an allocator may answer "not yet" before that counts as never.
const PATIENCE: Duration = Duration::from_secs(30);
const THREADS: usize = 4;
const RESERVATIONS: usize = 150;

/// What an allocator does against its contract.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// The factory failed.
    #[error("{during}: the store could not be opened: {error}")]
    Open {
        /// Which part of the suite was run.
        during: &'static str,
        /// The factory's error.
        error: Box<dyn Error + Send + Sync>,
    },
    /// A reservation failed, or granted nothing for 30 s.
    #[error("{during}: a reservation failed: {error}")]
    Reserve {
        /// Which part of the suite was run.
        during: &'static str,
        /// The allocator's error.
        error: AllocateError,
    },
    /// A series was moved away, and a handle granted from it all the same.
    #[error("{during}: serial {serial} was granted, though the series had been moved away")]
    Undead {
        /// Which part of the suite was run.
        during: &'static str,
        /// The first serial of the block.
        serial: Serial,
    },
    /// A serial was part of two answers.
    #[error("{during}: serial {serial} was granted twice")]
    Repeat {
        /// Which part of the suite was run.
        during: &'static str,
        /// The first serial that both answers hold.
        serial: Serial,
    },
    /// More was granted than asked for.
    #[error("{during}: {granted} serials were granted where {wanted} were wanted")]
    TooMany {
        /// Which part of the suite was run.
        during: &'static str,
        /// The size of the block.
        granted: NonZeroU32,
        /// What was asked for.
        wanted: NonZeroU32,
    },
    /// Opened again, the store holds another series.
    #[error("{during}: the series changed from fingerprint {before} to {after}")]
    SeriesChanged {
        /// Which part of the suite was run.
        during: &'static str,
        /// The fingerprint at first.
        before: String,
        /// The fingerprint later.
        after: String,
    },
    /// A printed form shows the key.
    #[error("{form} shows the key")]
    KeyShown {
        /// `Debug` or `Display`.
        form: &'static str,
    },
}

/// Hold an allocator to its contract.
///
/// `open` opens the same store again at every call: a second handle beside the first, or the store
/// after everybody else has closed it. The store must be used by nobody else meanwhile.
///
/// It reserves with one handle, with two in turn, from racing threads on one handle and on a handle
/// each, and after reopening; a store whose series can be moved away it moves away and reopens. It checks over all of it that no serial is granted twice. A few
/// seconds at most, on a store that grants at once. What the contract says of children of `fork` it does
/// not try: to fork is unsafe, in a process that has other threads.
///
/// ```
/// use tracking_core::{Allocator, MemoryAllocator, testing::conformance};
///
/// let memory = MemoryAllocator::new();
/// conformance(|| Ok(Box::new(memory.clone()) as Box<dyn Allocator>))?;
/// # Ok::<(), tracking_core::testing::Violation>(())
/// ```
///
/// # Errors
/// The first [`Violation`] that was found.
pub fn conformance<A, F>(open: F) -> Result<(), Violation>
where
    A: Allocator,
    F: Fn() -> Result<A, Box<dyn Error + Send + Sync>> + Sync,
{
    let mut suite = Suite {
        open,
        seen: Seen::default(),
        during: "opening",
    };
    let allocator = suite.open()?;
    suite.secrecy(&allocator)?;
    suite.one_handle(&allocator)?;
    suite.two_handles(&allocator)?;
    suite.threads_on_one_handle(&allocator)?;
    suite.threads_on_a_handle_each(&allocator)?;
    suite.handles_that_stay_open(&allocator)?;
    suite.moved_away(&allocator)?;
    suite.reopening(allocator)
}

struct Suite<F> {
    open: F,
    seen: Seen,
    during: &'static str,
}

impl<A, F> Suite<F>
where
    A: Allocator,
    F: Fn() -> Result<A, Box<dyn Error + Send + Sync>> + Sync,
{
    fn open(&self) -> Result<A, Violation> {
        (self.open)().map_err(|error| Violation::Open {
            during: self.during,
            error,
        })
    }

    fn secrecy(&self, allocator: &A) -> Result<(), Violation> {
        let key = allocator.series().key();
        let bytes = format!("{:?}", key.expose());
        for (form, text) in [
            ("Debug", format!("{allocator:?}")),
            ("Display", allocator.to_string()),
        ] {
            let text = text.to_lowercase();
            if text.contains(&key.expose_hex()) || text.contains(&bytes) {
                return Err(Violation::KeyShown { form });
            }
        }
        Ok(())
    }

    fn one_handle(&mut self, allocator: &A) -> Result<(), Violation> {
        self.during = "one handle";
        for wanted in [1, 2, 1, 1000, 65_536, SLOTS, u32::MAX, 1, 1] {
            self.reserve(allocator, wanted)?;
        }
        for _ in 0..RESERVATIONS {
            self.reserve(allocator, 3)?;
        }
        Ok(())
    }

    fn two_handles(&mut self, first: &A) -> Result<(), Violation> {
        self.during = "two handles in turn";
        let second = self.open()?;
        self.same_series(first, &second)?;
        for _ in 0..RESERVATIONS {
            self.reserve(first, 5)?;
            self.reserve(&second, 7)?;
        }
        Ok(())
    }

    fn threads_on_one_handle(&mut self, allocator: &A) -> Result<(), Violation> {
        self.during = "threads on one handle";
        let handles: Vec<_> = (0..THREADS).map(|_| allocator).collect();
        self.race(&handles)
    }

    fn threads_on_a_handle_each(&mut self, first: &A) -> Result<(), Violation> {
        self.during = "threads on a handle each";
        let others = (1..THREADS)
            .map(|_| self.open())
            .collect::<Result<Vec<_>, _>>()?;
        let handles: Vec<&A> = others.iter().chain([first]).collect();
        self.race(&handles)
    }

    /// Where a series was moved away, no handle grants, old or new; and where it is reopened, each goes on.
    fn moved_away(&mut self, allocator: &A) -> Result<(), Violation> {
        self.during = "moving away";
        let Some(store) = allocator.as_store() else {
            return Ok(());
        };
        let failed = |error| Violation::Reserve {
            during: "moving away",
            error,
        };
        match Export::take(store) {
            Ok(_) => {}
            Err(AllocateError::Refused { source, .. }) if source.is::<NotMovable>() => {
                return Ok(());
            }
            Err(error) => return Err(failed(error)),
        }
        let other = self.open()?;
        for handle in [allocator, &other] {
            if let Ok(block) = handle.reserve(NonZeroU32::MIN) {
                return Err(Violation::Undead {
                    during: self.during,
                    serial: block.start(),
                });
            }
        }
        reopen(store).map_err(failed)?;
        self.reserve(allocator, 5)?;
        self.reserve(&other, 5)
    }

    fn race(&mut self, handles: &[&A]) -> Result<(), Violation> {
        let during = self.during;
        let start = Barrier::new(handles.len());
        let work = |handle: &A| {
            start.wait();
            (0..RESERVATIONS)
                .map(|turn| reserve(during, handle, 1 + turn as u32 % 3))
                .collect::<Result<Vec<Block>, Violation>>()
        };
        let answers: Vec<_> = std::thread::scope(|scope| {
            let work = &work;
            let threads: Vec<_> = handles
                .iter()
                .map(|handle| scope.spawn(move || work(handle)))
                .collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        for answer in answers {
            // A panic in an allocator is its author's to see.
            let blocks = answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            for block in blocks {
                self.seen.insert(during, block)?;
            }
        }
        Ok(())
    }

    /// Each new handle must go on where the others are, though none of them has been closed.
    fn handles_that_stay_open(&mut self, first: &A) -> Result<(), Violation> {
        self.during = "many handles";
        let mut handles = Vec::new();
        for _ in 0..16 {
            let next = self.open()?;
            self.reserve(&next, 11)?;
            self.reserve(first, 11)?;
            handles.push(next);
        }
        for handle in &handles {
            self.reserve(handle, 2)?;
        }
        Ok(())
    }

    /// Quickly over and over: state that was not stored shows where the clock has not moved on.
    fn reopening(&mut self, first: A) -> Result<(), Violation> {
        self.during = "closing and opening again";
        let series = first.series().fingerprint();
        drop(first);
        for _ in 0..RESERVATIONS {
            let again = self.open()?;
            let found = again.series().fingerprint();
            if found != series {
                return Err(self.series_changed(series, found));
            }
            self.reserve(&again, 1)?;
            self.reserve(&again, 13)?;
        }
        Ok(())
    }

    fn same_series(&self, first: &A, second: &A) -> Result<(), Violation> {
        let before = first.series().fingerprint();
        let after = second.series().fingerprint();
        if before == after && first.series().name() == second.series().name() {
            Ok(())
        } else {
            Err(self.series_changed(before, after))
        }
    }

    fn series_changed(&self, before: impl ToString, after: impl ToString) -> Violation {
        Violation::SeriesChanged {
            during: self.during,
            before: before.to_string(),
            after: after.to_string(),
        }
    }

    fn reserve(&mut self, allocator: &A, wanted: u32) -> Result<(), Violation> {
        let block = reserve(self.during, allocator, wanted)?;
        self.seen.insert(self.during, block)
    }
}

fn reserve(
    during: &'static str,
    allocator: &impl Allocator,
    wanted: u32,
) -> Result<Block, Violation> {
    let wanted = NonZeroU32::new(wanted).unwrap_or(NonZeroU32::MIN);
    let deadline = Instant::now() + PATIENCE;
    loop {
        match allocator.reserve(wanted) {
            Ok(block) if block.length() > wanted => {
                return Err(Violation::TooMany {
                    during,
                    granted: block.length(),
                    wanted,
                });
            }
            Ok(block) => return Ok(block),
            Err(AllocateError::NotYet { after }) if Instant::now() + after < deadline => {
                std::thread::sleep(after);
            }
            Err(error) => return Err(Violation::Reserve { during, error }),
        }
    }
}

/// All that was granted: the last serial of each block, by its first.
#[derive(Default)]
struct Seen {
    blocks: BTreeMap<Serial, Serial>,
}

impl Seen {
    fn insert(&mut self, during: &'static str, block: Block) -> Result<(), Violation> {
        let (start, last) = (block.start(), block.last());
        // The blocks so far don't overlap, so only the nearest one that starts by `last` can.
        if let Some((&other, &other_last)) = self.blocks.range(..=last).next_back()
            && other_last >= start
        {
            return Err(Violation::Repeat {
                during,
                serial: start.max(other),
            });
        }
        self.blocks.insert(start, last);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
