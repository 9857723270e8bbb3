//! What keeps a state: the one method that memory, a file, a database and a medium of your own differ in.

use std::fmt::{Debug, Display};
use std::num::NonZeroU32;

use crate::store::allocator::AllocateError;
use crate::store::snapshot::Snapshot;
use crate::store::timeline::{History, LOCAL_FENCE_MS, Request, SHARED_FENCE_MS, Seen, Timeline};
use crate::store::warning::StoreWarning;

/// Keeps the state of one series. [`StoreAllocator`](crate::store::StoreAllocator) makes an
/// [`Allocator`](crate::Allocator) of it.
///
/// Whoever has a database of their own writes this, and nothing of the rule which serials are granted:
/// read the state, let the step change it, put it back if it still is what was read.
///
/// ```
/// use std::fmt;
/// use std::sync::Mutex;
/// use tracking_core::store::timeline::{History, Timeline};
/// use tracking_core::{AllocateError, Clock, SystemClock};
/// use tracking_core::store::{Moment, Step, Store};
///
/// /// A row of some database: the state as JSON, and a number that changes with it.
/// #[derive(Debug, Default)]
/// struct Row(Mutex<(u64, Option<String>)>);
///
/// #[derive(Debug)]
/// struct RowStore { row: Row, server: History }
///
/// impl fmt::Display for RowStore {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("row:") }
/// }
///
/// impl Store for RowStore {
///     fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
///         let broken = |error: serde_json::Error| AllocateError::refused(self, error);
///         loop {
///             // SELECT version, state; the clock should be the database's.
///             let (version, json) = self.row.0.lock().unwrap().clone();
///             let before = json.as_deref().map(serde_json::from_str).transpose().map_err(broken)?;
///             let (caller_ms, now_ms) = (SystemClock.now_ms(), SystemClock.now_ms());
///             let mut after: Option<Timeline> = before.clone();
///             step(&mut after, &Moment::shared(now_ms, caller_ms, &self.server));
///             if after == before {
///                 return Ok(());
///             }
///             let json = serde_json::to_string(&after).map_err(broken)?;
///             // UPDATE … SET version = version + 1, state = … WHERE version = …
///             let mut row = self.row.0.lock().unwrap();
///             if row.0 == version {
///                 *row = (version + 1, Some(json));
///                 return Ok(());
///             }
///         }
///     }
/// }
/// # use std::num::NonZeroU32;
/// # use tracking_core::{Allocator, MemoryAllocator};
/// # use tracking_core::store::{StoreAllocator, reserve_patiently};
/// # let series = MemoryAllocator::new().series().clone();
/// # let store = RowStore { row: Row::default(), server: History::random() };
/// # let allocator = StoreAllocator::over(store, series);
/// # let patience = std::time::Duration::from_secs(5);
/// # reserve_patiently(&allocator, NonZeroU32::MIN, patience)?;
/// # Ok::<(), AllocateError>(())
/// ```
pub trait Store: Debug + Display + Send + Sync {
    /// Change the state by one step.
    ///
    /// - Call `step` with the state as it is (`None` where it is missing) and the present moment. It leaves
    ///   there the state that is to be stored. Where that is the state that was read, nothing need be
    ///   written.
    /// - Store it only in place of the very state that was read: under a lock held since before the
    ///   reading, or by a compare-and-swap. Where another was faster, begin again: the step may be called
    ///   any number of times, and its last call counts.
    /// - `Ok` once it is durable: it outlives whatever crashes next.
    /// - On `Err` nothing is granted, whatever became of the state. So where the fate of a write is unknown,
    ///   answer an error; never try again as if it had not happened.
    /// - It may block for as long as the medium's time-out, and never sleeps for the timeline.
    /// - A child of `fork` inherits it: see [`Allocator`](crate::Allocator).
    ///
    /// # Errors
    /// The state could not be read or written: [`AllocateError::Unavailable`] where it may be tried again,
    /// [`AllocateError::Refused`] where somebody must act first.
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError>;

    /// The state as it is, and the store's clock. Unless there is a cheaper way, an update that changes
    /// nothing.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let mut found = None;
        self.update(&mut |state, moment| {
            found = Some(Snapshot::new(state.clone(), moment.now_ms));
        })?;
        found.ok_or_else(|| AllocateError::refused(self, StepNotTaken))
    }

    /// What an operator should know about the store.
    fn warnings(&self) -> Vec<StoreWarning> {
        Vec::new()
    }

    /// Whether this opening made the series.
    fn is_new(&self) -> bool {
        false
    }
}

/// A change of the state at a moment: see [`Store::update`].
pub type Step<'a> = dyn FnMut(&mut Option<Timeline>, &Moment<'_>) + 'a;

/// When and where a step is taken.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Moment<'a> {
    /// The store's clock, in milliseconds since the Unix epoch: one clock for all who share the state.
    pub now_ms: i64,
    /// The caller's clock just before it asked the store, in milliseconds since the Unix epoch.
    pub caller_ms: i64,
    /// The present identity of what holds the state.
    pub history: &'a History,
    /// How long a new history or a missing state waits before it grants, in milliseconds.
    pub fence_ms: u64,
    /// What is done about a state that is older than what was granted from it.
    pub rewinds: Rewinds,
}

/// How an allocator guards against a state that somebody rewound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Rewinds {
    /// By what this process has seen of the state: one that knows less goes on in another lane, behind a
    /// fence.
    #[default]
    Noticed,
    /// By the clock: the store had its lock since before the present tick began, so that nobody else
    /// granted from it. Only whole ticks are granted then.
    Harmless,
    /// Nobody else can reach the state.
    Impossible,
}

impl<'a> Moment<'a> {
    /// In a store that hosts share, by its own clock: behind a fence of 1 s.
    pub fn shared(now_ms: i64, caller_ms: i64, history: &'a History) -> Self {
        Self {
            now_ms,
            caller_ms,
            history,
            fence_ms: SHARED_FENCE_MS,
            rewinds: Rewinds::default(),
        }
    }

    /// In a store on the caller's own host: one clock, and a fence of one tick.
    pub fn local(now_ms: i64, history: &'a History) -> Self {
        Self {
            fence_ms: LOCAL_FENCE_MS,
            ..Self::shared(now_ms, now_ms, history)
        }
    }

    /// With this guard against rewinds.
    #[must_use]
    pub fn with_rewinds(mut self, rewinds: Rewinds) -> Self {
        self.rewinds = rewinds;
        self
    }

    /// A reservation at this moment, by who has `seen` so much of the state: that counts where it guards against
    /// rewinds.
    pub(crate) fn request(&self, wanted: NonZeroU32, seen: Option<Seen>) -> Request<'a> {
        Request {
            now_ms: self.now_ms,
            history: self.history,
            wanted,
            caller_ms: self.caller_ms,
            fence_ms: self.fence_ms,
            seen: seen.filter(|_| self.rewinds == Rewinds::Noticed),
        }
    }
}

/// A store answered `Ok` without a step.
#[derive(Debug, thiserror::Error)]
#[error("its update took no step, so nothing was granted; this is a fault of the store's program")]
pub(crate) struct StepNotTaken;
