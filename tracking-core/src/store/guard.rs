//! A guard round an allocator: no store is trusted, not even ours.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use crate::fork::PerProcess;
use crate::number::serial::{Block, Serial};
use crate::series::Series;
use crate::store::allocator::{AllocateError, Allocator, OpenStore};
use crate::store::keep::Step;
use crate::store::snapshot::Snapshot;
use crate::store::timeline::LANE_COUNT;
use crate::store::warning::StoreWarning;

/// An allocator that answers no serial twice, whatever the one in it does: a block that is not
/// above all that was granted before in the same lane is refused.
///
/// Whoever turns blocks into numbers reserves through one of these, for as long as it lives. The
/// [`Generator`](crate::Generator) does by itself; callers of
/// [`reserve_patiently`](crate::store::reserve_patiently) wrap their allocator. It knows what was granted
/// through it, in this process, and nothing else. Reservations take turns.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tracking_core::MemoryAllocator;
/// use tracking_core::store::{Guarded, reserve_patiently};
///
/// let store = Guarded::new(MemoryAllocator::new());
/// let wanted = NonZeroU32::new(100).unwrap();
/// let first = reserve_patiently(&store, wanted, Duration::from_secs(1))?;
/// let second = reserve_patiently(&store, wanted, Duration::from_secs(1))?;
/// assert!(first.last() < second.start());
/// # Ok::<(), tracking_core::AllocateError>(())
/// ```
pub struct Guarded<A> {
    allocator: A,
    highest: PerProcess<Mutex<Highest>>,
}

/// The last serial of each lane that was ever in a block.
pub(crate) struct Highest([Option<Serial>; LANE_COUNT]);

/// An allocator granted what it had granted before.
#[derive(Debug, thiserror::Error)]
#[error(
    "serials from {start} on were granted after {highest}; a serial must never be granted twice, so the block was refused; is the store's state older than its numbers?"
)]
pub(crate) struct RepeatedBlock {
    start: Serial,
    highest: Serial,
}

impl Highest {
    /// Take note of a block, which must be above all before it in its lane.
    pub(crate) fn raise(&mut self, block: Block) -> Result<(), RepeatedBlock> {
        let start = block.start();
        match &mut self.0[usize::from(start.lane()) % LANE_COUNT] {
            Some(highest) if *highest >= start => Err(RepeatedBlock {
                start,
                highest: *highest,
            }),
            highest => {
                *highest = Some(block.last());
                Ok(())
            }
        }
    }
}

impl Default for Highest {
    fn default() -> Self {
        Self([None; LANE_COUNT])
    }
}

impl<A: Allocator> Guarded<A> {
    /// A guard that has seen no block yet.
    pub fn new(allocator: A) -> Self {
        Self {
            allocator,
            highest: PerProcess::default(),
        }
    }
}

impl<A: Allocator> Allocator for Guarded<A> {
    fn series(&self) -> &Series {
        self.allocator.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        // Held over the reservation: of two blocks the one that was granted first is looked at
        // first. Changed only after it, so an allocator that panics leaves nothing half done.
        let mut highest = self
            .highest
            .get(Default::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let block = self.allocator.reserve(wanted)?;
        highest
            .raise(block)
            .map_err(|repeated| AllocateError::refused(&self.allocator, repeated))?;
        // More than was asked for is nobody's.
        Ok(block.split(wanted).0)
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        self.allocator.as_store()
    }
}

impl<A: OpenStore> OpenStore for Guarded<A> {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        self.allocator.snapshot()
    }

    fn change(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        self.allocator.change(step)
    }

    fn warnings(&self) -> Vec<StoreWarning> {
        self.allocator.warnings()
    }

    fn is_new(&self) -> bool {
        self.allocator.is_new()
    }
}

impl<A: fmt::Display> fmt::Display for Guarded<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.allocator.fmt(f)
    }
}

impl<A: fmt::Debug> fmt::Debug for Guarded<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.allocator.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryAllocator;
    use crate::testing::conformance;

    /// Grants what it is told to, in turn, whatever is asked for.
    #[derive(Debug)]
    struct Told {
        memory: MemoryAllocator,
        blocks: Mutex<Vec<Block>>,
    }

    impl Allocator for Told {
        fn series(&self) -> &Series {
            self.memory.series()
        }

        fn reserve(&self, _wanted: NonZeroU32) -> Result<Block, AllocateError> {
            let next = self.blocks.lock().unwrap().pop();
            next.ok_or_else(|| AllocateError::unavailable(self, "told nothing more"))
        }
    }

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("told:")
        }
    }

    fn count(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    fn block(lane: u8, tick: u64, slot: u32, length: u32) -> Block {
        Block::new(Serial::from_parts(lane, tick, slot).unwrap(), count(length)).unwrap()
    }

    #[test]
    fn what_is_not_above_all_before_in_its_lane_is_refused() {
        let granted = [
            (block(1, 5, 0, 100), true),
            (block(1, 5, 99, 1), false),
            (block(1, 5, 50, 100), false),
            (block(1, 4, 7, 1), false),
            // What was refused does not count.
            (block(1, 5, 100, 1), true),
            // Another lane is another matter, and so is the first again.
            (block(2, 1, 0, 1), true),
            (block(1, 5, 101, 9), true),
            (block(2, 1, 0, 1), false),
        ];
        let store = Guarded::new(Told {
            memory: MemoryAllocator::new(),
            blocks: Mutex::new(granted.iter().rev().map(|(block, _)| *block).collect()),
        });
        for (block, taken) in granted {
            match store.reserve(count(1_000)) {
                Ok(found) => assert!(taken && found == block, "{block:?}"),
                Err(error) => {
                    assert!(!taken, "{block:?}: {error}");
                    assert_eq!(error.kind(), "refused");
                    let text = error.to_string();
                    assert!(text.starts_with("told:: serials from "), "{text}");
                    assert!(text.ends_with("older than its numbers?"), "{text}");
                }
            }
        }
    }

    #[test]
    fn no_more_is_answered_than_was_asked_for() {
        let store = Guarded::new(Told {
            memory: MemoryAllocator::new(),
            blocks: Mutex::new(vec![block(1, 1, 60, 9), block(1, 1, 0, 100)]),
        });
        assert_eq!(store.reserve(count(3)).unwrap(), block(1, 1, 0, 3));
        // The rest of the first block was granted, though nobody has it.
        assert_eq!(store.reserve(count(3)).unwrap_err().kind(), "refused");
    }

    #[test]
    fn it_keeps_the_contract() {
        let memory = MemoryAllocator::new();
        conformance(|| Ok(Guarded::new(memory.clone()))).unwrap();
    }
}
