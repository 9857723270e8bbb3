//! The blocks that a number of numbers needs.

use std::num::NonZeroU32;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use tracking_core::{AllocateError, Block, Guarded, OpenStore, SLOTS, reserve_patiently};

use crate::failure::Failure;

/// How long the timeline may grant nothing before that is an error: as long as a state file lets
/// a queue wait that moves.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reserve `count` serials, not one more, and give them to `each` block after block. While one is
/// worked on, the next is reserved, since that waits for a disk or a clock.
pub(crate) fn for_each_block(
    store: &dyn OpenStore,
    count: u64,
    mut each: impl FnMut(Block) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut blocks = Blocks {
        store: Guarded::new(store),
        missing: count,
    };
    if count <= SLOTS.into() {
        // One block, but for what others reserve in the same tick: not worth a thread.
        return blocks.try_for_each(|block| each(block?));
    }
    thread::scope(|scope| {
        // No room in the channel: a block waits in the thread's hand, and is the only one to lose.
        let (sender, receiver) = sync_channel(0);
        scope.spawn(move || blocks.try_for_each(|block| sender.send(block)));
        receiver.into_iter().try_for_each(|block| each(block?))
    })
}

/// The blocks of what is missing, up to the first error.
struct Blocks<'a> {
    /// No store is trusted: one that grants again what it granted before is an error.
    store: Guarded<&'a dyn OpenStore>,
    missing: u64,
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, AllocateError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A reservation grants a tick's slots at most.
        let wanted = u32::try_from(self.missing).unwrap_or(SLOTS).min(SLOTS);
        let answer = reserve_patiently(&self.store, NonZeroU32::new(wanted)?, PATIENCE);
        self.missing = match &answer {
            Ok(block) => self.missing.saturating_sub(block.length().get().into()),
            Err(_) => 0,
        };
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::sync::{Condvar, Mutex};

    use super::*;
    use tracking_core::{Allocator, MemoryAllocator, Series, Snapshot};

    /// A store that tells what it was asked for, and may grant the same serials for ever.
    #[derive(Debug, Default)]
    struct Told {
        memory: MemoryAllocator,
        repeats: bool,
        first: Mutex<Option<Block>>,
        wanted: Mutex<Vec<u32>>,
        asked: Condvar,
    }

    impl Allocator for Told {
        fn series(&self) -> &Series {
            self.memory.series()
        }

        fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
            self.wanted.lock().unwrap().push(wanted.get());
            self.asked.notify_all();
            let mut first = self.first.lock().unwrap();
            match *first {
                Some(block) if self.repeats => Ok(block),
                _ => {
                    *first = Some(reserve_patiently(&self.memory, wanted, PATIENCE)?);
                    first.ok_or_else(|| AllocateError::unavailable(self, "nothing"))
                }
            }
        }
    }

    impl OpenStore for Told {
        fn snapshot(&self) -> Result<Snapshot, AllocateError> {
            self.memory.snapshot()
        }
    }

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("told:")
        }
    }

    #[test]
    fn a_store_that_grants_the_same_again_is_not_believed() {
        let store = Told {
            repeats: true,
            ..Told::default()
        };
        let mut blocks = Vec::new();
        let result = for_each_block(&store, 3 * u64::from(SLOTS), |block| {
            blocks.push(block);
            Ok(())
        });
        let Err(Failure::Undone(why)) = result else {
            panic!("{result:?}");
        };
        assert!(why.starts_with("told:: serials from "), "{why}");
        assert_eq!(blocks.len(), 1);
    }

    /// Whole ticks are asked for, and the next one while the last is worked on.
    #[test]
    fn the_next_block_is_reserved_meanwhile() {
        let store = Told::default();
        let mut given = 0;
        for_each_block(&store, 2 * u64::from(SLOTS), |block| {
            given += u64::from(block.length().get());
            let asked = store.wanted.lock().unwrap();
            let (asked, late) = store
                .asked
                .wait_timeout_while(asked, PATIENCE, |asked| asked.len() < 2)
                .unwrap();
            assert!(!late.timed_out(), "{asked:?}");
            assert_eq!(asked[0], SLOTS);
            Ok(())
        })
        .unwrap();
        assert_eq!(given, 2 * u64::from(SLOTS));
    }
}
