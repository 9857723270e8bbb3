//! An allocator that keeps its state in Redis or Valkey, shared by all hosts that reach it.
//!
//! One hash for each series holds its record and its timeline. A reservation is one run of one
//! script there, `reserve.lua`, which is the twin of [`crate::store::timeline::step`]: it reads that
//! server's own clock and identity, so no two hosts can disagree about either. An older state that
//! somebody puts in the place of a living one (RESTORE, SWAPDB, HSET) is noticed by every process
//! that has seen more, which then takes another lane behind a fence. What remains is exception (c) of
//! the promise: a process that has seen nothing yet goes on in that older state, and repeats what was
//! granted in the same 10 ms. No lock of Redis could be held that long.
//!
//! Replies of unknown fate are never waited for twice: whatever goes wrong, the connection is dropped
//! and the serials that may have been reserved are lost, which costs a gap (see `redis/retry.rs`).
//!
//! ```text
//!   redis.rs ─┬─► reserve ─┬─► remote_series ──► client ───┬─► retry      what next
//!             └─► open ────┘   its hash          the loop  └─► primary    who is in charge
//!                                                                │        (sentinel, cluster)
//!                                                                └─► connect ──► connection
//! ```

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::{Clock, SystemClock};
use crate::number::serial::Block;
use crate::series::Series;
use crate::series::opening::{OpenError, SeriesOptions};
use crate::store::allocator::{AllocateError, Allocator, OpenStore};
use crate::store::fault::SeriesFault;
use crate::store::keep::Step;
use crate::store::snapshot::Snapshot;
use crate::store::url::RedisUrl;
use crate::store::warning::StoreWarning;
use crate::store::{clocks, deadline, turn};

mod answer;
mod change;
mod client;
mod cluster;
mod connect;
mod connection;
mod fault;
mod hash;
mod health;
mod info;
mod open;
mod primary;
mod refusal;
mod remote_series;
mod reply;
mod reserve;
mod retry;
mod script;
mod sentinel;
mod slots;
mod stream;
mod text;
mod tls;

use fault::RedisFault;
pub use health::RedisWarning;
use remote_series::RemoteSeries;
pub(crate) use remote_series::series_names;
use reserve::Reserve;
#[doc(hidden)]
pub use stream::{Dial, Wire};

/// Store URLs `redis:`, `rediss:`, `redis+unix:`, `redis+sentinel:` and `redis+cluster:`.
///
/// All hosts that reach the Redis share its series, and stay apart through restarts, failovers,
/// lost data and split brains, as the crate's promise says. One connection serves all threads in
/// turn, since a reservation is rare. Redis 5 or newer, or Valkey.
///
/// The series is created only where that was asked for: see
/// [`Opening`](crate::Opening). Where it vanishes while this runs, the next reservation writes it
/// back, says so in the log (crate `tracing`) and in [`warnings`](Self::warnings), and waits out
/// the fence.
///
/// # Rights
/// A user in Redis needs `~{tracking}:* +evalsha +script|load +hgetall +hmget +hset +info +time`;
/// also `+select` for a database, `+wait` for `wait_replicas`, `+cluster|slots +asking` in a
/// cluster, and `+config|get` for the warning about persistence.
pub struct RedisAllocator {
    remote: RemoteSeries,
    series: Series,
    warnings: Vec<RedisWarning>,
    written_back: AtomicU64,
    is_new: bool,
}

impl RedisAllocator {
    /// Open the series of a Redis, or create it where that is asked for.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(url: &RedisUrl, options: &SeriesOptions) -> Result<Self, OpenError> {
        Self::open_with_clock(url, options, Arc::new(SystemClock))
    }

    /// The same with a given clock as this host's.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with_clock(
        url: &RedisUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_over(url, options, clock, None)
    }

    /// The same over connections that a simulation brings.
    ///
    /// # Errors
    /// See [`OpenError`].
    #[doc(hidden)]
    pub fn open_over(
        url: &RedisUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Self, OpenError> {
        let remote = RemoteSeries::new(url.clone(), &options.name, clock, dial);
        let (series, is_new) = remote.open_series(options)?;
        let warnings = remote.client.call(health::look)?;
        let allocator = Self {
            remote,
            series,
            warnings,
            written_back: AtomicU64::new(0),
            is_new,
        };
        if is_new {
            // The first step makes the timeline, and grants nothing yet: so its lanes are told
            // from used ones by the series' age, and its fence passes while the caller gets going.
            // Should it fail, the next reservation is the first.
            let _ = allocator.reserve(NonZeroU32::MIN);
        }
        Ok(allocator)
    }

    /// What an operator should know: what was found when the series was opened, and what has
    /// shown since.
    pub fn redis_warnings(&self) -> Vec<RedisWarning> {
        let mut warnings = self.warnings.clone();
        let clock = self.remote.clocks.notable();
        warnings.extend(clock.map(|ahead_ms| RedisWarning::Clock { ahead_ms }));
        // A count for a message: nothing is ordered by it.
        let times = self.written_back.load(Ordering::Relaxed);
        warnings.extend((times > 0).then_some(RedisWarning::WrittenBack { times }));
        warnings
    }
}

impl Allocator for RedisAllocator {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let reserve = Reserve {
            remote: &self.remote,
            series: &self.series,
            wanted,
            written_back: &self.written_back,
        };
        reserve.block()
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        Some(self)
    }
}

impl OpenStore for RedisAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let reading = self.remote.read()?;
        let timeline = match reading.stored {
            Some(stored) if stored.series.fingerprint() != self.series.fingerprint() => {
                return Err(RedisFault::Series(SeriesFault::Foreign {
                    expected: self.series.fingerprint(),
                    found: stored.series.fingerprint().to_string(),
                })
                .into_error(self));
            }
            Some(stored) => stored.timeline,
            None => None,
        };
        Ok(Snapshot::new(timeline, reading.store_ms))
    }

    fn change(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        self.remote.change(self.series.fingerprint(), step)
    }

    fn warnings(&self) -> Vec<StoreWarning> {
        let warning = |found: RedisWarning| StoreWarning::new(found.to_string(), found.remedy());
        self.redis_warnings().into_iter().map(warning).collect()
    }

    fn is_new(&self) -> bool {
        self.is_new
    }
}

impl fmt::Display for RedisAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.remote.client.url().fmt(f)
    }
}

impl fmt::Debug for RedisAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisAllocator")
            .field("url", self.remote.client.url())
            .field("series", &self.series)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
