//! The `Allocator` trait: reserves blocks of serials, the only thing that processes must agree on.

use std::fmt::{Debug, Display};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::number::serial::Block;
use crate::series::Series;
pub use crate::store::error::AllocateError;
use crate::store::keep::Step;
use crate::store::snapshot::Snapshot;
use crate::store::warning::StoreWarning;

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

    /// The store that it reserves from, where that can be looked at: for whoever has the allocator behind a
    /// generator or a desk. None unless the implementation says otherwise.
    fn as_store(&self) -> Option<&dyn OpenStore> {
        None
    }
}

/// A store that was opened: an allocator whose state can be looked at without changing it.
pub trait OpenStore: Allocator {
    /// The state as it is now, and the store's clock.
    ///
    /// # Errors
    /// The state could not be read.
    fn snapshot(&self) -> Result<Snapshot, AllocateError>;

    /// Change the state otherwise than by a reservation, as [`Store::update`](crate::store::Store::update)
    /// does: how a series is moved ([`Export`](crate::series::Export)). Unless the implementation says otherwise,
    /// it cannot.
    ///
    /// # Errors
    /// The state could not be read or written.
    fn change(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        let _ = step;
        Err(AllocateError::refused(self, NotMovable))
    }

    /// What an operator should know about the store, such as that it persists nothing. Programs print it
    /// when they start.
    fn warnings(&self) -> Vec<StoreWarning> {
        Vec::new()
    }

    /// Whether the series was not there before, and this opening of it made it. Of several that
    /// open a missing series at once it is true of one.
    fn is_new(&self) -> bool {
        false
    }
}

/// A store changes its state by reservations alone.
#[derive(Debug, thiserror::Error)]
#[error("no series can be moved out of such a store, or into it")]
pub(crate) struct NotMovable;

macro_rules! forward {
    ($($wrapper:ty),*) => {$(
        impl<A: Allocator + ?Sized> Allocator for $wrapper {
            fn series(&self) -> &Series {
                (**self).series()
            }
            fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
                (**self).reserve(wanted)
            }
            fn as_store(&self) -> Option<&dyn OpenStore> {
                (**self).as_store()
            }
        }

        impl<A: OpenStore + ?Sized> OpenStore for $wrapper {
            fn snapshot(&self) -> Result<Snapshot, AllocateError> {
                (**self).snapshot()
            }
            fn change(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
                (**self).change(step)
            }
            fn warnings(&self) -> Vec<StoreWarning> {
                (**self).warnings()
            }
            fn is_new(&self) -> bool {
                (**self).is_new()
            }
        }
    )*};
}

forward!(&A, Box<A>, Arc<A>);

/// Reserve from `allocator`, and wait for as long as it says that it grants nothing yet, up to
/// `patience`.
///
/// For callers that need an exact count of serials rather than a
/// [`Generator`](crate::Generator)'s steady supply. They reserve through
/// [`Guarded`](crate::store::Guarded), so as to trust no store. Blocks the thread.
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
