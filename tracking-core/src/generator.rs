//! The generator: turns reserved blocks into tracking numbers, and fetches the next block before
//! it is needed.
//!
//! Inside, a pure state machine (`plan`: events in, commands out) decides what to reserve and
//! when; a refill thread round it (`refill`), started at the first need, does it. Callers take
//! numbers from small batches (`batch`), encrypted ahead, each under a lock of its own, so that
//! threads rarely meet. A thread that takes them fast has a batch to itself (`hand`), and looks at the
//! clocks once a beat (`pulse`) instead of once a number. There is nothing lock-free here: what threads
//! share is behind a mutex, but for the count of beats, by which nothing is handed over. All that is in
//! hand is one `supply`, of which each process has its own.

mod batch;
mod builder;
mod exactly;
mod hand;
mod iter;
mod moment;
mod plan;
mod pulse;
mod ready;
mod refill;
mod supply;
mod tasks;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use builder::GeneratorBuilder;
pub use iter::Iter;
pub use ready::Ready;

use crate::fork::PerProcess;
use crate::number::TrackingNumber;
use crate::series::Series;
use crate::store::allocator::{AllocateError, Allocator, OpenStore};
#[cfg(feature = "testing")]
use crate::store::guard::Guarded;
use plan::Taken;
use pulse::Beat;
use refill::Source;
use supply::Supply;

/// Hands out the tracking numbers of a series. Clones share one runway, and so can threads.
///
/// It keeps the numbers of the next 60 s at the recent rate reserved, at least one block and, but
/// for what one reservation brings, at most 2^24: while the store is down, callers do not notice for as
/// long as those last. Blocks are replaced after 60 s and dropped after 120 s, so that a machine restored from a snapshot cannot
/// issue what it had in hand again, once its clock is right: until then it may, since by its own
/// clocks no time has passed. (A thread that takes numbers by the thousand looks at the clocks every 10 ms
/// or so, not for each: that much later it may still issue what it has to itself, 511 at most.)
/// Dropping the last clone never waits for the store; what was in hand becomes a gap.
///
/// A child of `fork` may go on with its parent's generator: it finds nothing in hand, leaves what it
/// inherited alone, and reserves blocks of its own on a thread of its own. (Its allocator must be
/// one that can be shared so, as state files and Redis are; a series in memory refuses.) A fork that
/// goes round the C library is not seen: see [`fork`](crate::fork).
///
/// ```
/// use tracking_core::{Generator, MemoryAllocator};
///
/// let generator = Generator::new(MemoryAllocator::new());
/// let first = generator.next()?;
/// let second = generator.next()?;
/// assert_ne!(first, second);
/// # Ok::<(), tracking_core::AllocateError>(())
/// ```
#[derive(Clone)]
pub struct Generator {
    shared: Arc<Shared>,
}

struct Shared {
    source: Source,
    builder: GeneratorBuilder,
    supply: PerProcess<Supply>,
}

impl Generator {
    /// A generator with the defaults.
    pub fn new(allocator: impl Allocator + 'static) -> Self {
        Self::builder().build(allocator)
    }

    /// Settings first, then [`build`](GeneratorBuilder::build).
    pub fn builder() -> GeneratorBuilder {
        GeneratorBuilder::default()
    }

    /// The series that the numbers belong to.
    pub fn series(&self) -> &Series {
        self.shared.source.series()
    }

    /// The store that its allocator reserves from, where that can be looked at.
    ///
    /// ```
    /// use tracking_core::{Generator, MemoryAllocator};
    ///
    /// let generator = Generator::new(MemoryAllocator::new());
    /// let snapshot = generator.store().map(|store| store.snapshot()).transpose()?;
    /// assert!(snapshot.is_some_and(|snapshot| snapshot.timeline.is_none()));
    /// # Ok::<(), tracking_core::AllocateError>(())
    /// ```
    pub fn store(&self) -> Option<&dyn OpenStore> {
        self.shared.source.as_store()
    }

    #[inline]
    fn supply(&self) -> &Supply {
        let Shared {
            source, builder, ..
        } = &*self.shared;
        self.shared.supply.get(|| Supply::new(source, builder))
    }

    /// The next number. Waits up to the deadline (2 s unless set) where none is in hand.
    ///
    /// # Errors
    /// The allocator's, when none could be had by the deadline;
    /// [`AllocateError::Refused`] at once, since waiting does not mend it.
    #[inline]
    pub fn next(&self) -> Result<TrackingNumber, AllocateError> {
        self.next_timeout(self.shared.builder.deadline)
    }

    /// The next number. Waits up to `timeout` where none is in hand.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    #[inline]
    pub fn next_timeout(&self, timeout: Duration) -> Result<TrackingNumber, AllocateError> {
        let supply = self.supply();
        match hand::pop(&supply.batches, supply.refill.pulse(), || self.series()) {
            Some(number) => Ok(number),
            None => self.next_looking(supply, timeout),
        }
    }

    /// The next number by a look at the clocks.
    #[inline(never)]
    fn next_looking(
        &self,
        supply: &Supply,
        timeout: Duration,
    ) -> Result<TrackingNumber, AllocateError> {
        // In this order: what was looked at after a beat began is good until it ends.
        let beat = supply.refill.pulse().beat();
        let now = supply.refill.now();
        hand::pop_at(&supply.batches, self.series(), beat, now)
            .or_else(|| supply.batches.pop(self.series(), now))
            .map_or_else(|| self.next_refilled(supply, beat, timeout), Ok)
    }

    /// The next number if one is in hand. Never waits, for a store or for anything else.
    ///
    /// # Errors
    /// The last reservation's error; [`AllocateError::NotYet`] where none has failed, and numbers
    /// are on their way.
    pub fn try_next(&self) -> Result<TrackingNumber, AllocateError> {
        self.next_timeout(Duration::ZERO)
    }

    /// The slow way to a number: this thread's batch is empty.
    #[cold]
    fn next_refilled(
        &self,
        supply: &Supply,
        beat: Option<Beat>,
        timeout: Duration,
    ) -> Result<TrackingNumber, AllocateError> {
        let Supply { batches, refill } = supply;
        let wanted = match beat {
            Some(_) => batch::LENGTH_IN_A_BEAT,
            None => batch::LENGTH,
        };
        // Without waiting at first: while the runway is empty, another thread's batch may not be.
        let started = Instant::now();
        let mut answer = refill.take(wanted, started);
        if answer.is_err() {
            if let Some(number) = batches.pop_any(self.series(), refill.now()) {
                return Ok(number);
            }
            if !timeout.is_zero() {
                answer = refill.take(wanted, after(started, timeout));
            }
        }
        // A block is never empty, so there is a first.
        let first = batches.put(self.series(), answer?, beat);
        first.ok_or(AllocateError::NotYet {
            after: Duration::ZERO,
        })
    }

    /// Fill a slice with numbers, faster for each than [`next`](Self::next). Waits up to the
    /// deadline whenever none is in hand.
    ///
    /// ```
    /// use tracking_core::{Generator, MemoryAllocator, TrackingNumber};
    ///
    /// let mut numbers = vec![TrackingNumber::BLANK; 1000];
    /// Generator::new(MemoryAllocator::new()).fill(&mut numbers)?;
    /// # Ok::<(), tracking_core::AllocateError>(())
    /// ```
    ///
    /// # Errors
    /// As [`next`](Self::next). The numbers that were written before are nobody's: they become
    /// gaps, whether or not the caller used them.
    pub fn fill(&self, numbers: &mut [TrackingNumber]) -> Result<(), AllocateError> {
        let refill = &self.supply().refill;
        let deadline = self.shared.builder.deadline;
        let mut rest = numbers;
        while let Some(wanted) = NonZeroU32::new(u32::try_from(rest.len()).unwrap_or(u32::MAX)) {
            let Taken { block, .. } = refill.take(wanted, Instant::now() + deadline)?;
            let count = block.length().get() as usize;
            self.series().encode_block(block, &mut rest[..count]);
            rest = &mut rest[count..];
        }
        Ok(())
    }

    /// Fill the beginning of a slice with the numbers that are in hand, and answer how many those are:
    /// at least one, unless the slice is empty. Never waits, for a store or for anything else.
    ///
    /// It may fill less than there is, so ask again for the rest: in a loop with
    /// [`ready`](Self::ready), for callers that must not block.
    ///
    /// # Errors
    /// As [`try_next`](Self::try_next). Nothing is lost then.
    pub fn try_fill(&self, numbers: &mut [TrackingNumber]) -> Result<usize, AllocateError> {
        let Supply { batches, refill } = self.supply();
        let wanted = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let Some(wanted) = NonZeroU32::new(wanted) else {
            return Ok(0);
        };
        match refill.take(wanted, Instant::now()) {
            Ok(Taken { block, .. }) => {
                let count = block.length().get() as usize;
                self.series().encode_block(block, &mut numbers[..count]);
                Ok(count)
            }
            // While the runway is empty, the batches of threads may not be.
            Err(error) => {
                numbers[0] = batches.pop_any(self.series(), refill.now()).ok_or(error)?;
                Ok(1)
            }
        }
    }

    /// Issue exactly `count` numbers, and give them to `each` in pages of at most 65,536.
    ///
    /// They are reserved for this alone, straight from the allocator: not one more than `count`, and none
    /// is left in hand. While one block is worked on the next is reserved, and a page is made on all
    /// processors: for bulk, and for programs that issue a few numbers and end. Waits up to 30 s where the
    /// store grants nothing yet.
    ///
    /// # Errors
    /// The allocator's, or what `each` answers: nothing more is issued then, and what was issued before stays
    /// issued. What was reserved and not given to `each` becomes a gap.
    pub fn for_each_page<E: From<AllocateError>>(
        &self,
        count: u64,
        each: impl FnMut(&[TrackingNumber]) -> Result<(), E>,
    ) -> Result<(), E> {
        exactly::for_each_page(&self.shared.source, count, each)
    }

    /// A future that resolves when a number is in hand, for callers that must not block: then
    /// [`try_next`](Self::try_next). It needs no particular async runtime. Tasks are woken on the
    /// thread that reserves, with no lock held: an executor that polls there must not block.
    ///
    /// Another task may have taken that number by then: [`next_async`](Self::next_async) asks on.
    /// It owns what it needs, so that a task may keep it.
    ///
    /// # Errors
    /// It resolves to the allocator's error when no number could be had by the deadline, or by the
    /// end of the reservation under way then; to [`AllocateError::Refused`] at once.
    pub fn ready(&self) -> Ready {
        Ready::new(self.clone())
    }

    /// The next number, for callers that must not block. It has no deadline of its own beyond
    /// [`ready`](Self::ready)'s: wrap it in your runtime's time-out. Dropped, it loses no number.
    ///
    /// ```
    /// # use tracking_core::{AllocateError, Generator};
    /// async fn number(generator: &Generator) -> Result<String, AllocateError> {
    ///     Ok(generator.next_async().await?.to_string())
    /// }
    /// ```
    ///
    /// # Errors
    /// As [`ready`](Self::ready).
    pub async fn next_async(&self) -> Result<TrackingNumber, AllocateError> {
        loop {
            if let Ok(number) = self.try_next() {
                return Ok(number);
            }
            self.ready().await?;
        }
    }

    /// An endless iterator of what [`next`](Self::next) answers.
    pub fn iter(&self) -> Iter<'_> {
        Iter { generator: self }
    }

    /// A turn of the thread that it lacks (see [`by_hand`](GeneratorBuilder::by_hand)): a reservation, where one is
    /// due; else for how many milliseconds none is.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn turn(&self) -> Option<u64> {
        self.supply().refill.turn()
    }

    /// What a copy of this process's memory would hold of it, as a child of `fork` or a machine that is restored
    /// has one; it reserves from `allocator`.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn copied(&self, allocator: impl Allocator + 'static) -> Self {
        let Shared {
            source, builder, ..
        } = &*self.shared;
        let copied: Source = Arc::new(Guarded::new(Box::new(allocator)));
        let supply = self.shared.supply.copied(
            || Supply::new(source, builder),
            |supply| supply.copied(&copied),
        );
        Self {
            shared: Arc::new(Shared {
                source: copied,
                builder: builder.clone(),
                supply,
            }),
        }
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        self.supply().refill.status()
    }
}

/// A time that far after `start`; a century from now stands for "never".
fn after(start: Instant, timeout: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
    start + timeout.min(CENTURY)
}

/// Whether a caller should wait out its deadline after this error.
fn waiting_helps(error: &AllocateError) -> bool {
    !matches!(error, AllocateError::Refused { .. })
}

/// How a generator is doing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// The runway: serials reserved and not yet used, but for the batches that threads hold: of 64, or 512
    /// where they take numbers fast.
    pub runway: u64,
    /// The recent rate, in numbers a second.
    pub rate: u64,
    /// Reservations that succeeded.
    pub reservations: u64,
    /// Reservations that failed; "not yet" is no failure.
    pub failures: u64,
    /// The last reservation's error, until one succeeds.
    pub error: Option<AllocateError>,
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("allocator", &self.shared.source)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
