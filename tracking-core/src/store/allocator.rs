//! The `Allocator` trait: reserves blocks of serials, the only thing that processes must agree on.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::number::serial::Block;
use crate::series::Series;
use crate::store::snapshot::Snapshot;
use crate::store::timeline::TimelineError;

/// Reserves blocks of serials of one series.
///
/// # Contract
/// - No serial is ever part of two answers: not after a crash, not between threads or processes
///   that share the store, not from a second handle.
/// - Durable before return: what `Ok` answers stays reserved whatever crashes next. On `Err` a
///   block may be lost; it is never reserved twice. An attempt whose outcome is unknown is
///   abandoned, and never repeated as if it had not happened.
/// - A reservation may block, on a disk or a network, for at most the allocator's time-out. It
///   never sleeps for the timeline: it answers [`AllocateError::NotYet`] with every lock released,
///   and the caller waits.
/// - Fewer serials than wanted may be granted, never more.
/// - A child of `fork` may hold an allocator that its parent made. It is another process there: it
///   grants nothing that the parent was granted, waits for no lock that a thread of the parent may
///   have held, and opens files and connections of its own, since those that it inherited, and the
///   locks on them, are the parent's. [`fork::PerProcess`](crate::fork::PerProcess) is made for
///   that. One whose state is in memory alone cannot do it, and refuses. A generator trusts its
///   allocator with this: it asks in the child the one that it was given in the parent.
///
/// The conformance suite (`testing::conformance`, feature `testing`) holds an implementation to
/// it. The trait is object-safe, and implemented for `&`, [`Box`] and [`Arc`] of an allocator.
pub trait Allocator: Debug + Display + Send + Sync {
    /// The series whose numbers these serials become.
    fn series(&self) -> &Series;

    /// Reserve up to `wanted` consecutive serials that nobody else was or will be given.
    ///
    /// # Errors
    /// Nothing was granted; [`AllocateError`] says why, and whether to try again.
    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError>;
}

/// An allocator whose state can be looked at without changing it.
pub trait Store: Allocator {
    /// The state as it is now, and the store's clock.
    ///
    /// # Errors
    /// The state could not be read.
    fn snapshot(&self) -> Result<Snapshot, AllocateError>;

    /// What an operator should know about the store, a line each, such as that it persists
    /// nothing. Programs print it when they start.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether the series was not there before, and this opening of it made it. Of several that
    /// open a missing series at once it is true of one.
    fn is_new(&self) -> bool {
        false
    }
}

macro_rules! forward {
    ($($wrapper:ty),*) => {$(
        impl<A: Allocator + ?Sized> Allocator for $wrapper {
            fn series(&self) -> &Series {
                (**self).series()
            }
            fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
                (**self).reserve(wanted)
            }
        }

        impl<A: Store + ?Sized> Store for $wrapper {
            fn snapshot(&self) -> Result<Snapshot, AllocateError> {
                (**self).snapshot()
            }
            fn warnings(&self) -> Vec<String> {
                (**self).warnings()
            }
            fn is_new(&self) -> bool {
                (**self).is_new()
            }
        }
    )*};
}

forward!(&A, Box<A>, Arc<A>);

/// Why a reservation granted nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AllocateError {
    /// The timeline grants nothing at this moment. No fault: ask again after the time named.
    #[error("nothing can be reserved yet; ask again in {} ms", after.as_millis())]
    NotYet {
        /// How long to wait.
        after: Duration,
    },
    /// A clock is wrong.
    #[error("{store}: {source}")]
    Clock {
        /// The store, as a redacted URL.
        store: String,
        /// Which clock, and how.
        source: TimelineError,
    },
    /// The store cannot be reached or is busy; it may be tried again.
    #[error("{store}: {source}")]
    Unavailable {
        /// The store, as a redacted URL.
        store: String,
        /// What went wrong.
        source: Arc<dyn Error + Send + Sync>,
    },
    /// The store must not be used as it is; trying again helps only once somebody has acted.
    #[error("{store}: {source}")]
    Refused {
        /// The store, as a redacted URL.
        store: String,
        /// What is wrong, and what to do.
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl AllocateError {
    /// An [`Unavailable`](Self::Unavailable) of its parts.
    pub fn unavailable(
        store: impl Display,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable {
            store: store.to_string(),
            source: source.into().into(),
        }
    }

    /// A [`Refused`](Self::Refused) of its parts.
    pub fn refused(store: impl Display, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused {
            store: store.to_string(),
            source: source.into().into(),
        }
    }

    /// The kind of the error in one word, for a metric or a log: `not-yet`, `clock`,
    /// `unavailable` or `refused`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotYet { .. } => "not-yet",
            Self::Clock { .. } => "clock",
            Self::Unavailable { .. } => "unavailable",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Reserve from `allocator`, and wait for as long as it says that it grants nothing yet, up to
/// `patience`.
///
/// For callers that need an exact count of serials rather than a
/// [`Generator`](crate::Generator)'s steady supply. They reserve through
/// [`Guarded`](crate::Guarded), so as to trust no store. Blocks the thread.
///
/// A reservation that the allocator itself waits in counts, but is not cut short: from a state
/// file that hundreds of processes ask at once it may last for 30 s, as long as the queue moves, so
/// less patience than that may give up where others merely came first.
///
/// # Errors
/// The allocator's; [`AllocateError::NotYet`] when the patience is used up.
pub fn reserve_patiently(
    allocator: &impl Allocator,
    wanted: NonZeroU32,
    patience: Duration,
) -> Result<Block, AllocateError> {
    let started = std::time::Instant::now();
    loop {
        match allocator.reserve(wanted) {
            Err(AllocateError::NotYet { after })
                if started.elapsed().saturating_add(after) <= patience =>
            {
                std::thread::sleep(after);
            }
            answer => return answer,
        }
    }
}
