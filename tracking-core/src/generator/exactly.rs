//! An exact count of numbers, straight from the allocator: nothing is left in hand.

use std::num::NonZeroU32;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::number::TrackingNumber;
use crate::number::serial::{Block, SLOTS};
use crate::series::Series;
use crate::store::allocator::{AllocateError, Allocator, reserve_patiently};

/// How long the timeline may grant nothing before that is an error: as long as a state file lets
/// a queue wait that moves.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Numbers of a page: what a caller works on at once.
const PAGE: NonZeroU32 = NonZeroU32::new(65_536).unwrap();

/// Numbers for which a thread is worth its start.
const SHARE: usize = 8192;

/// Reserve `count` serials, not one more, and give their numbers to `each`, page after page.
pub(super) fn for_each_page<E: From<AllocateError>>(
    allocator: &dyn Allocator,
    count: u64,
    mut each: impl FnMut(&[TrackingNumber]) -> Result<(), E>,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut numbers = Vec::new();
    for_each_block(allocator, count, |block| {
        let mut rest = Some(block);
        while let Some(block) = rest {
            let (page, tail) = block.split(PAGE);
            numbers.resize(page.length().get() as usize, TrackingNumber::BLANK);
            encode(allocator.series(), page, &mut numbers, threads);
            each(&numbers)?;
            rest = tail;
        }
        Ok(())
    })
}

/// While one block is worked on, the next is reserved, since that waits for a disk or a clock.
fn for_each_block<E: From<AllocateError>>(
    allocator: &dyn Allocator,
    count: u64,
    mut each: impl FnMut(Block) -> Result<(), E>,
) -> Result<(), E> {
    let mut blocks = Blocks {
        allocator,
        missing: count,
    };
    if count <= SLOTS.into() {
        // One block, but for what others reserve in the same tick: not worth a thread.
        return blocks.try_for_each(|block| each(block?));
    }
    let ahead = thread::scope(|scope| {
        // No room in the channel: a block waits in the thread's hand, and is the only one to lose.
        let (sender, receiver) = sync_channel(0);
        let blocks = &mut blocks;
        let reserve = move || blocks.try_for_each(|block| sender.send(block));
        thread::Builder::new().spawn_scoped(scope, reserve).ok()?;
        Some(receiver.into_iter().try_for_each(|block| each(block?)))
    });
    // Where no thread is to be had, one after the other.
    ahead.unwrap_or_else(|| blocks.try_for_each(|block| each(block?)))
}

/// The blocks of what is missing, up to the first error.
struct Blocks<'a> {
    allocator: &'a dyn Allocator,
    missing: u64,
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, AllocateError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A reservation grants a tick's slots at most.
        let wanted = u32::try_from(self.missing).unwrap_or(SLOTS).min(SLOTS);
        let answer = reserve_patiently(&self.allocator, NonZeroU32::new(wanted)?, LONGEST_WAIT);
        self.missing = match &answer {
            Ok(block) => self.missing.saturating_sub(block.length().get().into()),
            Err(_) => 0,
        };
        Some(answer)
    }
}

/// The numbers of `block`, into `numbers`, which has as many: encryption is most of the work, and is done
/// on all processors.
fn encode(series: &Series, block: Block, numbers: &mut [TrackingNumber], threads: usize) {
    let share = numbers.len().div_ceil(threads).max(SHARE);
    let length = u32::try_from(share).ok().and_then(NonZeroU32::new);
    let length = length.unwrap_or(NonZeroU32::MAX);
    let helpers = numbers.len().div_ceil(share).saturating_sub(1);
    let rest = Mutex::new((Some(block), numbers.chunks_mut(share)));
    let encode = || {
        let next = || {
            let (block, chunks) = &mut *rest.lock().unwrap_or_else(PoisonError::into_inner);
            let (part, tail) = block.take()?.split(length);
            *block = tail;
            Some((part, chunks.next()?))
        };
        while let Some((part, numbers)) = next() {
            series.encode_block(part, numbers);
        }
    };
    thread::scope(|scope| {
        for _ in 0..helpers {
            // This thread does what no other is to be had for; often it is the only one.
            if thread::Builder::new().spawn_scoped(scope, encode).is_err() {
                break;
            }
        }
        encode();
    });
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fmt;
    use std::sync::Condvar;

    use super::*;
    use crate::generator::Generator;
    use crate::number::key::Key;
    use crate::number::prefix::Prefix;
    use crate::number::serial::{EPOCH_MS, Serial};
    use crate::series::SeriesName;
    use crate::store::memory::MemoryAllocator;

    /// An allocator that tells what it was asked for, and may grant the same serials for ever.
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
                    *first = Some(reserve_patiently(&self.memory, wanted, LONGEST_WAIT)?);
                    first.ok_or_else(|| AllocateError::unavailable(self, "nothing"))
                }
            }
        }
    }

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("told:")
        }
    }

    #[test]
    fn an_allocator_that_grants_the_same_again_is_not_believed() {
        let generator = Generator::new(Told {
            repeats: true,
            ..Told::default()
        });
        let mut given = HashSet::new();
        let result = generator.for_each_page(3 * u64::from(SLOTS), |numbers| {
            assert!(numbers.iter().all(|number| given.insert(*number)));
            Ok::<_, AllocateError>(())
        });
        let why = result.unwrap_err().to_string();
        assert!(why.starts_with("told:: serials from "), "{why}");
        assert_eq!(given.len(), SLOTS as usize);
    }

    #[test]
    fn no_more_is_reserved_than_was_asked_for() {
        let told = std::sync::Arc::new(Told::default());
        let generator = Generator::new(std::sync::Arc::clone(&told));
        for count in [0, 1, 7, 70_000] {
            let mut given = 0;
            let each = |numbers: &[TrackingNumber]| {
                given += numbers.len();
                Ok::<_, AllocateError>(())
            };
            generator.for_each_page(count, each).unwrap();
            assert_eq!(given as u64, count);
        }
        assert_eq!(*told.wanted.lock().unwrap(), [1, 7, 70_000]);
    }

    #[test]
    fn what_a_caller_finds_ends_it() {
        let told = std::sync::Arc::new(Told::default());
        let generator = Generator::new(std::sync::Arc::clone(&told));
        let mut pages = 0;
        let enough = AllocateError::unavailable("me", "enough");
        let result = generator.for_each_page(100 * u64::from(SLOTS), |_| {
            pages += 1;
            Err(enough.clone())
        });
        assert_eq!(result.unwrap_err().to_string(), "me: enough");
        assert_eq!(pages, 1);
        // The one under way, and the one in the thread's hand.
        assert!(told.wanted.lock().unwrap().len() <= 3);
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
                .wait_timeout_while(asked, LONGEST_WAIT, |asked| asked.len() < 2)
                .unwrap();
            assert!(!late.timed_out(), "{asked:?}");
            assert_eq!(asked[0], SLOTS);
            Ok::<_, AllocateError>(())
        })
        .unwrap();
        assert_eq!(given, 2 * u64::from(SLOTS));
    }

    #[test]
    fn shares_are_one_block() {
        let key = Key::from_bytes([7; 16]);
        let series = Series::new(SeriesName::default(), Prefix::EMPTY, key, EPOCH_MS);
        let start = Serial::new(1 << 40).unwrap();
        for length in [1, 2, 8192, 8193, 3 * 8192 + 1] {
            let block = Block::new(start, NonZeroU32::new(length).unwrap()).unwrap();
            for threads in [1, 2, 3, 64] {
                let mut numbers = vec![TrackingNumber::BLANK; length as usize];
                encode(&series, block, &mut numbers, threads);
                for (number, serial) in numbers.iter().zip(block.serials()).step_by(97) {
                    assert_eq!(*number, series.encode(serial));
                }
                assert_eq!(numbers.last(), Some(&series.encode(block.last())));
            }
        }
    }
}
