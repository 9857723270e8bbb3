//! Batches of numbers, encrypted ahead: encryption is several times cheaper in batches, and
//! threads that each have a batch of their own rarely wait for each other.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::moment::{Expiry, Moment};
use super::plan::Taken;
use crate::number::TrackingNumber;
use crate::series::Series;

/// Numbers of one batch.
pub(super) const LENGTH: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// How many batches a generator has at most: more threads than that share.
const MOST: usize = 32;

/// A batch for each thread, as far as they go round.
pub(super) struct Batches {
    batches: Box<[Padded]>,
}

/// On cache lines of its own, so that threads do not slow each other down by being neighbours.
#[repr(align(128))]
struct Padded(Mutex<Batch>);

struct Batch {
    numbers: [TrackingNumber; LENGTH.get() as usize],
    next: usize,
    end: usize,
    /// Meaningless while empty.
    expiry: Option<Expiry>,
}

impl Batch {
    const EMPTY: Self = Self {
        numbers: [TrackingNumber::BLANK; LENGTH.get() as usize],
        next: 0,
        end: 0,
        expiry: None,
    };

    #[inline]
    fn pop(&mut self, now: Moment) -> Option<TrackingNumber> {
        if self.next == self.end || self.expiry?.has_passed(now) {
            return None;
        }
        let number = self.numbers[self.next];
        self.next += 1;
        Some(number)
    }
}

thread_local! {
    static THREAD: Cell<Option<usize>> = const { Cell::new(None) };
}

/// A number of this thread's own, counted up from 0 over all threads.
#[inline]
fn thread_number() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    THREAD.with(|number| {
        number.get().unwrap_or_else(|| {
            // Only the count matters, nothing is ordered by it.
            let next = THREADS.fetch_add(1, Ordering::Relaxed);
            number.set(Some(next));
            next
        })
    })
}

impl Batches {
    pub(super) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = (2 * processors).next_power_of_two().min(MOST);
        Self {
            batches: (0..count)
                .map(|_| Padded(Mutex::new(Batch::EMPTY)))
                .collect(),
        }
    }

    #[inline]
    fn own(&self) -> &Mutex<Batch> {
        // A power of two.
        &self.batches[thread_number() & (self.batches.len() - 1)].0
    }

    /// The next number of this thread's batch.
    #[inline]
    pub(super) fn pop(&self, now: Moment) -> Option<TrackingNumber> {
        lock(self.own()).pop(now)
    }

    /// A number of any thread's batch.
    pub(super) fn pop_any(&self, now: Moment) -> Option<TrackingNumber> {
        self.batches
            .iter()
            .find_map(|batch| lock(&batch.0).pop(now))
    }

    /// Whether any batch has a number.
    pub(super) fn has_any(&self, now: Moment) -> bool {
        self.batches.iter().any(|batch| {
            let batch = lock(&batch.0);
            batch.next < batch.end && batch.expiry.is_some_and(|expiry| !expiry.has_passed(now))
        })
    }

    /// Encrypt what was taken into this thread's batch, and pop the first of it.
    pub(super) fn put(&self, series: &Series, taken: Taken) -> TrackingNumber {
        let mut numbers = [TrackingNumber::BLANK; LENGTH.get() as usize];
        series.encode_block(taken.block, &mut numbers);
        let first = numbers[0];
        let mut batch = lock(self.own());
        // Threads that share a batch may both have found it empty: what the other one put there
        // since, this one replaces. A gap of at most 63, in a race; never a repeat.
        *batch = Batch {
            numbers,
            next: 1,
            end: taken.block.length().get() as usize,
            expiry: Some(taken.expiry),
        };
        first
    }
}

fn lock(batch: &Mutex<Batch>) -> std::sync::MutexGuard<'_, Batch> {
    // Nothing in here panics half way.
    batch.lock().unwrap_or_else(PoisonError::into_inner)
}
