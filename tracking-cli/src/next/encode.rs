//! Encryption of a page on all processors, since it is most of the work.

use std::num::NonZeroU32;
use std::thread;

use tracking_core::{Block, Series, TrackingNumber};

/// Numbers for which a thread is worth its start.
const SHARE: usize = 8192;

/// Makes the numbers of blocks.
#[derive(Debug)]
pub(crate) struct Encoder {
    threads: usize,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self {
            threads: thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// The numbers of `block`, into `numbers`, which has as many.
    pub(crate) fn encode(&self, series: &Series, block: Block, numbers: &mut [TrackingNumber]) {
        let share = numbers.len().div_ceil(self.threads).max(SHARE);
        let length = u32::try_from(share).ok().and_then(NonZeroU32::new);
        let length = length.unwrap_or(NonZeroU32::MAX);
        thread::scope(|scope| {
            let mut rest = Some(block);
            for numbers in numbers.chunks_mut(share) {
                let Some(block) = rest else { return };
                let (part, tail) = block.split(length);
                rest = tail;
                let mut encode = move || series.encode_block(part, numbers);
                match tail {
                    Some(_) => drop(scope.spawn(encode)),
                    // The last share is this thread's own; often it is the only one.
                    None => encode(),
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracking_core::{EPOCH_MS, Key, Prefix, Serial, SeriesName};

    #[test]
    fn shares_are_one_block() {
        let key = Key::from_bytes([7; 16]);
        let series = Series::new(SeriesName::default(), Prefix::EMPTY, key, EPOCH_MS);
        let start = Serial::new(1 << 40).unwrap();
        for length in [1, 2, 8192, 8193, 3 * 8192 + 1] {
            let block = Block::new(start, NonZeroU32::new(length).unwrap()).unwrap();
            for threads in [1, 2, 3, 64] {
                let mut numbers = vec![series.encode(start); length as usize];
                Encoder { threads }.encode(&series, block, &mut numbers);
                for (number, serial) in numbers.iter().zip(block.serials()).step_by(97) {
                    assert_eq!(*number, series.encode(serial));
                }
                assert_eq!(numbers.last(), Some(&series.encode(block.last())));
            }
        }
    }
}
