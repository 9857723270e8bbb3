//! An allocator whose reservations are counted.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Instant;

use tracking_core::{AllocateError, Allocator, Block, OpenStore, Series};

use super::Metrics;

/// Answers what the allocator within answers, and counts and times it.
///
/// ```
/// use std::sync::Arc;
///
/// use tracking_core::{Desk, Generator, MemoryAllocator};
/// use tracking_http::{App, Metrics, Observed, Options};
///
/// let metrics = Arc::new(Metrics::new());
/// let store = Observed::new(MemoryAllocator::new(), Arc::clone(&metrics));
/// let options = Options {
///     metrics,
///     ..Options::default()
/// };
/// let app = App::new(Desk::new(Generator::new(store)), options);
/// # let _ = app;
/// ```
pub struct Observed<A> {
    inner: A,
    metrics: Arc<Metrics>,
}

impl<A> Observed<A> {
    /// Count the reservations of `inner` in `metrics`.
    pub fn new(inner: A, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }
}

impl<A: Allocator> Allocator for Observed<A> {
    fn series(&self) -> &Series {
        self.inner.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let began = Instant::now();
        let answer = self.inner.reserve(wanted);
        self.metrics.reservations.ended(began.elapsed(), &answer);
        answer
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        self.inner.as_store()
    }
}

impl<A: fmt::Display> fmt::Display for Observed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<A: fmt::Debug> fmt::Debug for Observed<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use tracking_core::MemoryAllocator;
    use tracking_core::testing::conformance;

    use super::*;

    #[test]
    fn an_observed_allocator_is_an_allocator() {
        let memory = MemoryAllocator::new();
        let metrics = Arc::new(Metrics::new());
        conformance(|| Ok(Observed::new(memory.clone(), Arc::clone(&metrics)))).unwrap();
    }

    #[test]
    fn it_is_shown_as_the_one_within() {
        let memory = MemoryAllocator::new();
        let observed = Observed::new(memory.clone(), Arc::default());
        assert_eq!(observed.to_string(), memory.to_string());
        assert_eq!(format!("{observed:?}"), format!("{memory:?}"));
    }
}
