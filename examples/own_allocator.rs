//! A user's own `Allocator`: a counter that somebody else keeps, such as a sequence of a database.
//! The conformance suite tells whether it keeps the contract.
//!
//! `cargo run -p tracking-examples --bin own_allocator`

use std::error::Error;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracking_core::testing::conformance;
use tracking_core::{
    AllocateError, Allocator, Block, EPOCH_MS, Generator, Key, Prefix, Serial, Series, SeriesName,
};

/// Stands for the database: it hands out each integer once.
#[derive(Debug, Default)]
struct Sequence {
    next: AtomicU64,
}

/// Reserves serials by advancing a sequence. Nothing but the sequence must be coordinated.
#[derive(Debug, Clone)]
struct SequenceAllocator {
    series: Series,
    sequence: Arc<Sequence>,
}

impl Allocator for SequenceAllocator {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        // One atomic step, and its own answer: never "increment, then read again".
        let count = u64::from(wanted.get());
        let start = self.sequence.next.fetch_add(count, Ordering::SeqCst);
        Serial::new(start)
            .and_then(|start| Block::new(start, wanted))
            .ok_or_else(|| AllocateError::refused(self, "the sequence is used up"))
    }
}

impl fmt::Display for SequenceAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sequence:")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A real one keeps the key in a secret store: under another key the same serials become other
    // numbers.
    let prefix: Prefix = "OWN".parse()?;
    let series = Series::new(SeriesName::default(), prefix, Key::random(), EPOCH_MS);
    let allocator = SequenceAllocator {
        series,
        sequence: Arc::default(),
    };

    conformance(|| Ok(allocator.clone()))?;
    println!("{allocator} keeps the contract");

    let generator = Generator::new(allocator);
    println!("and here is a number of it: {}", generator.next()?);
    Ok(())
}
