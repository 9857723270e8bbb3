//! What the benchmarks share: a series, a generator that never waits for its runway, and servers.

pub mod served;

use std::error::Error;
use std::num::NonZeroU32;

use tracking_core::store::reserve_patiently;
use tracking_core::{Generator, Key, MemoryAllocator, Prefix, Serial, Series, SeriesName};

/// Whatever stops a benchmark.
pub type Failure = Box<dyn Error + Send + Sync>;

/// A series with a prefix of three characters: the longest numbers.
#[expect(clippy::expect_used, reason = "the prefix is a constant")]
pub fn series() -> Series {
    let prefix: Prefix = "BEN".parse().expect("three characters of A-Z0-9");
    Series::new(
        SeriesName::default(),
        prefix,
        Key::random(),
        Serial::EPOCH_MS,
    )
}

/// A generator over memory, past its fence and with its first block in hand.
#[expect(clippy::expect_used, reason = "memory grants within a tick or two")]
pub fn generator(block_size: u32) -> Generator {
    let memory = MemoryAllocator::with_series(series());
    let block_size = NonZeroU32::new(block_size).unwrap_or(NonZeroU32::MIN);
    reserve_patiently(&memory, NonZeroU32::MIN, std::time::Duration::from_secs(1))
        .expect("memory grants");
    let generator = Generator::builder().block_size(block_size).build(memory);
    generator.next().expect("memory grants");
    generator
}

/// A block of a given size, for encoding.
#[expect(clippy::expect_used, reason = "memory grants within a tick or two")]
pub fn block(size: u32) -> tracking_core::Block {
    let memory = MemoryAllocator::with_series(series());
    let wanted = NonZeroU32::new(size).unwrap_or(NonZeroU32::MIN);
    let patience = std::time::Duration::from_secs(1);
    let block = reserve_patiently(&memory, wanted, patience).expect("memory grants");
    assert_eq!(
        block.length(),
        wanted,
        "{memory} grants a block of {size} at once"
    );
    block
}
