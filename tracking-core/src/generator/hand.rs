//! The batch that a thread has to itself while it takes numbers fast: without a lock, and without a look at
//! the clocks but once a [`Beat`].
//!
//! It holds what the thread's shared batch would, and goes back there when the thread ends or takes numbers
//! slowly, where other threads find it while the store is down. What a thread that neither ends nor asks
//! again keeps is at most 511 serials, which expire.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use super::batch::{Batch, Batches};
use super::moment::Moment;
use super::pulse::{Beat, Pulse};
use crate::fork::Process;
use crate::number::TrackingNumber;
use crate::series::Series;

/// A batch, and whose it is.
struct Hand {
    batch: Batch,
    /// The beat in which its age was last looked at.
    looked: Beat,
    owner: Option<Owner>,
}

struct Owner {
    batches: Weak<Batches>,
    id: u64,
    process: Process,
}

thread_local! {
    static HAND: RefCell<Hand> = const {
        RefCell::new(Hand {
            batch: Batch::EMPTY,
            looked: Beat::NEVER,
            owner: None,
        })
    };
}

impl Hand {
    #[inline]
    fn is_of(&self, batches: &Batches) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|owner| owner.id == batches.id())
    }

    /// Leave what is left to other threads.
    fn give_back(&mut self) {
        let batch = std::mem::replace(&mut self.batch, Batch::EMPTY);
        self.looked = Beat::NEVER;
        let Some(owner) = self.owner.take() else {
            return;
        };
        // In a child of `fork` it is the parent's, and so is the lock of its place.
        if owner.process.is_current()
            && let Some(batches) = owner.batches.upgrade()
        {
            batches.give_back(batch);
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// The next number in this thread's hand, while the beat lasts in which its age was looked at.
#[inline]
pub(super) fn pop<'a>(
    batches: &Batches,
    pulse: &Pulse,
    series: impl FnOnce() -> &'a Series,
) -> Option<TrackingNumber> {
    // A thread that ends may have no hand any more.
    HAND.try_with(|hand| {
        let mut hand = hand.try_borrow_mut().ok()?;
        let good = hand.is_of(batches) && pulse.is_still(hand.looked);
        good.then(|| hand.batch.pop_unexpired(series))?
    })
    .ok()?
}

/// The next number in this thread's hand, by a look at the clocks. `beat` began before that look: it is good
/// until its end. Without one, the rest of the hand goes back.
pub(super) fn pop_at(
    batches: &Batches,
    series: &Series,
    beat: Option<Beat>,
    now: Moment,
) -> Option<TrackingNumber> {
    HAND.try_with(|hand| {
        let mut hand = hand.try_borrow_mut().ok()?;
        if !hand.is_of(batches) {
            return None;
        }
        let number = hand.batch.pop(series, now);
        match beat {
            Some(beat) if number.is_some() => hand.looked = beat,
            _ => hand.give_back(),
        }
        number
    })
    .ok()?
}

/// Take a batch, whose age was just looked at, into this thread's hand; answers it where that cannot be.
pub(super) fn take(batches: &Arc<Batches>, beat: Beat, batch: Batch) -> Option<Batch> {
    let mut left = Some(batch);
    // A thread that ends may have no hand any more.
    let _ = HAND.try_with(|hand| {
        let Ok(mut hand) = hand.try_borrow_mut() else {
            return;
        };
        // One of this generator's is empty, or it would have been asked first.
        if !hand.is_of(batches) {
            hand.give_back();
            hand.owner = Some(Owner {
                batches: Arc::downgrade(batches),
                id: batches.id(),
                process: Process::current(),
            });
        }
        if let Some(batch) = left.take() {
            hand.batch = batch;
            hand.looked = beat;
        }
    });
    left
}

/// Whether this thread has numbers in its hand.
pub(super) fn has_any(batches: &Batches, now: Moment) -> bool {
    let found = HAND.try_with(|hand| {
        let hand = hand.try_borrow();
        hand.is_ok_and(|hand| hand.is_of(batches) && hand.batch.has_any(now))
    });
    found.unwrap_or(false)
}
