//! Batches of numbers, encrypted ahead: encryption is several times cheaper in batches, and
//! threads that each have a batch of their own rarely wait for each other.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::hand;
use super::moment::{Expiry, Moment};
use super::plan::Taken;
use super::pulse::Beat;
use crate::number::TrackingNumber;
use crate::number::serial::Block;
use crate::series::Series;

/// Numbers of one batch.
pub(super) const LENGTH: NonZeroU32 = NonZeroU32::new(64).unwrap();

/// How many serials a thread takes at once while there is a beat, to be encrypted batch by batch.
pub(super) const LENGTH_IN_A_BEAT: NonZeroU32 = NonZeroU32::new(512).unwrap();

/// How many batches a generator has at most: more threads than that share.
const MOST: usize = 32;

/// A batch for each thread, as far as they go round.
pub(super) struct Batches {
    id: u64,
    batches: Box<[Padded]>,
}

/// On cache lines of its own, so that threads do not slow each other down by being neighbours.
#[repr(align(128))]
struct Padded(Mutex<Batch>);

#[derive(Clone)]
pub(super) struct Batch {
    numbers: [TrackingNumber; LENGTH.get() as usize],
    next: usize,
    end: usize,
    /// What is not encrypted yet.
    rest: Option<Block>,
    /// Meaningless while empty.
    expiry: Option<Expiry>,
}

impl Batch {
    pub(super) const EMPTY: Self = Self {
        numbers: [TrackingNumber::BLANK; LENGTH.get() as usize],
        next: 0,
        end: 0,
        rest: None,
        expiry: None,
    };

    fn of(taken: Taken) -> Self {
        Self {
            rest: Some(taken.block),
            expiry: Some(taken.expiry),
            ..Self::EMPTY
        }
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.next >= self.end && self.rest.is_none()
    }

    pub(super) fn has_any(&self, now: Moment) -> bool {
        !self.is_empty() && self.expiry.is_some_and(|expiry| !expiry.has_passed(now))
    }

    /// The next number, of a batch that is known not to have expired.
    #[inline]
    pub(super) fn pop_unexpired<'a>(
        &mut self,
        series: impl FnOnce() -> &'a Series,
    ) -> Option<TrackingNumber> {
        if self.next >= self.end && !self.encrypt(series()) {
            return None;
        }
        let number = self.numbers.get(self.next)?;
        self.next += 1;
        Some(*number)
    }

    /// Encrypt the next numbers, if there are any.
    #[inline(never)]
    fn encrypt(&mut self, series: &Series) -> bool {
        let Some((block, rest)) = self.rest.map(|rest| rest.split(LENGTH)) else {
            return false;
        };
        series.encode_block(block, &mut self.numbers);
        self.next = 0;
        self.end = block.length().get() as usize;
        self.rest = rest;
        true
    }

    #[inline]
    pub(super) fn pop(&mut self, series: &Series, now: Moment) -> Option<TrackingNumber> {
        match self.has_any(now) {
            true => self.pop_unexpired(|| series),
            false => None,
        }
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
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let count = (2 * processors).next_power_of_two().min(MOST);
        Self {
            // Only that it is another one matters, nothing is ordered by it.
            id: COUNT.fetch_add(1, Ordering::Relaxed),
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
    pub(super) fn pop(&self, series: &Series, now: Moment) -> Option<TrackingNumber> {
        lock(self.own()).pop(series, now)
    }

    /// A number of any thread's batch, or of this one's hand.
    pub(super) fn pop_any(&self, series: &Series, now: Moment) -> Option<TrackingNumber> {
        // Without a beat, so that the hand's rest goes where others find it.
        hand::pop_at(self, series, None, now).or_else(|| {
            let mut batches = self.batches.iter();
            batches.find_map(|batch| lock(&batch.0).pop(series, now))
        })
    }

    /// Whether any batch has a number, or this thread's hand.
    pub(super) fn has_any(&self, now: Moment) -> bool {
        hand::has_any(self, now) || self.batches.iter().any(|batch| lock(&batch.0).has_any(now))
    }

    /// What tells them from those of other generators.
    #[inline]
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Pop the first of what was taken; the rest is this thread's, in its hand if there is a beat, which
    /// must have begun before it was taken.
    pub(super) fn put(
        self: &Arc<Self>,
        series: &Series,
        taken: Taken,
        beat: Option<Beat>,
    ) -> Option<TrackingNumber> {
        let mut batch = Batch::of(taken);
        let first = batch.pop_unexpired(|| series);
        let left = match beat {
            Some(beat) => hand::take(self, beat, batch),
            None => Some(batch),
        };
        if let Some(batch) = left {
            // Threads that share a batch may both have found it empty: what the other one put there
            // since, this one replaces. A gap of at most 63, or 511 in a beat, in a race; never a repeat.
            *lock(self.own()) = batch;
        }
        first
    }

    /// What a copy of this memory holds.
    #[cfg(feature = "testing")]
    pub(super) fn copied(&self) -> Self {
        let copy = Self::new();
        for (to, from) in copy.batches.iter().zip(&self.batches) {
            *lock(&to.0) = lock(&from.0).clone();
        }
        copy
    }

    /// The rest of a batch that a thread had in its hand. Where another one is in its place, it is a gap.
    pub(super) fn give_back(&self, batch: Batch) {
        let mut place = lock(self.own());
        if place.is_empty() {
            *place = batch;
        }
    }
}

fn lock(batch: &Mutex<Batch>) -> std::sync::MutexGuard<'_, Batch> {
    // Nothing in here panics half way.
    batch.lock().unwrap_or_else(PoisonError::into_inner)
}
