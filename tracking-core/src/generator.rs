//! The generator: turns reserved blocks into tracking numbers, and fetches the next block before
//! it is needed.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::allocator::{AllocateError, Allocator};
use crate::clock::Clock;
use crate::number::TrackingNumber;
use crate::series::Series;

/// Turns reserved blocks into tracking numbers. Clones share one runway.
#[derive(Debug, Clone)]
pub struct Generator {
    allocator: Arc<dyn Allocator>,
}

/// Makes a [`Generator`].
#[derive(Debug, Clone, Default)]
pub struct GeneratorBuilder {}

/// How a generator is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// Serials reserved and not yet used.
    pub runway: u64,
    /// The last reservation's error, until one succeeds.
    pub error: Option<AllocateError>,
}

/// The future of [`Generator::ready`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Ready<'a> {
    generator: &'a Generator,
}

impl GeneratorBuilder {
    /// How many serials a reservation asks for at least; 65,536 unless set.
    pub fn block_size(self, _serials: NonZeroU32) -> Self {
        self
    }
    /// How old a block may grow before it is dropped; 120 s unless set. It is refreshed at half of that.
    pub fn block_max_age(self, _age: Duration) -> Self {
        self
    }
    /// How long `next` waits for a number; 2 s unless set.
    pub fn deadline(self, _deadline: Duration) -> Self {
        self
    }
    /// The clock; this machine's unless set.
    pub fn clock(self, _clock: Arc<dyn Clock>) -> Self {
        self
    }
    /// The generator of an allocator. Nothing is reserved until the first number is asked for.
    pub fn build(self, allocator: impl Allocator + 'static) -> Generator {
        Generator {
            allocator: Arc::new(allocator),
        }
    }
}

impl Generator {
    /// A generator with the defaults.
    pub fn new(allocator: impl Allocator + 'static) -> Self {
        Self::builder().build(allocator)
    }
    /// Settings first.
    pub fn builder() -> GeneratorBuilder {
        GeneratorBuilder::default()
    }
    /// The series.
    pub fn series(&self) -> &Series {
        self.allocator.series()
    }
    /// The next number; waits up to the deadline.
    pub fn next(&self) -> Result<TrackingNumber, AllocateError> {
        unimplemented!()
    }
    /// The next number; waits up to `timeout`.
    pub fn next_timeout(&self, _timeout: Duration) -> Result<TrackingNumber, AllocateError> {
        unimplemented!()
    }
    /// The next number if there is one; never blocks.
    pub fn try_next(&self) -> Result<TrackingNumber, AllocateError> {
        unimplemented!()
    }
    /// Resolves when a number is there, or reservations fail.
    pub fn ready(&self) -> Ready<'_> {
        Ready { generator: self }
    }
    /// Fill a slice with numbers; waits up to the deadline.
    pub fn fill(&self, _numbers: &mut [TrackingNumber]) -> Result<(), AllocateError> {
        unimplemented!()
    }
    /// An endless iterator of numbers.
    pub fn iter(&self) -> impl Iterator<Item = Result<TrackingNumber, AllocateError>> + '_ {
        std::iter::repeat_with(|| self.next())
    }
    /// Runway and last error.
    pub fn status(&self) -> Status {
        unimplemented!()
    }
}

impl Future for Ready<'_> {
    type Output = Result<(), AllocateError>;
    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Self::Output> {
        let _ = self.generator;
        unimplemented!()
    }
}
