//! An allocator that keeps its state in Redis or Valkey, shared by all hosts that reach it.
//!
//! One hash for each series holds its record and its timeline. A reservation is one run of one
//! script there, `reserve.lua`, which is the twin of [`crate::store::timeline::step`]: it reads that
//! server's own clock and identity, so no two hosts can disagree about either. An older state that
//! somebody puts in the place of a living one (RESTORE, SWAPDB, HSET) is noticed by every connection
//! that has seen more, which then takes another lane behind a fence. What remains is exception (c) of
//! the promise: a process that has seen nothing yet goes on in that older state, and repeats what was
//! granted in the same 10 ms. No lock of Redis could be held that long. Replies of unknown fate are never waited for twice: whatever goes wrong, the connection is dropped and the serials
//! that may have been reserved are lost, which costs a gap.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::{Clock, SystemClock};
use crate::number::serial::Block;
use crate::series::Series;
use crate::series::opening::{OpenError, SeriesOptions};
use crate::store::allocator::{AllocateError, Allocator, Store};
use crate::store::snapshot::Snapshot;
use crate::store::timeline::{Seen, TimelineError};
use crate::store::url::RedisUrl;

mod answer;
mod clocks;
mod cluster;
mod connection;
mod deadline;
mod fault;
mod finder;
mod hash;
mod health;
mod info;
mod open;
mod refusal;
mod reply;
mod script;
mod seen;
mod store;
mod stream;
mod text;
mod tls;
mod turn;

use answer::{Creation, Outcome, Reservation};
use connection::Connection;
use deadline::Deadline;
use fault::RedisFault;
pub use health::RedisWarning;
use store::RedisStore;

/// How often one reservation writes back a series that vanished.
const WRITE_BACKS: usize = 2;

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
    store: RedisStore,
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
        let store = RedisStore::new(url.clone(), hash::key_of(&options.name), clock);
        let (series, is_new) = store.open_series(options)?;
        let warnings = store.look()?;
        let allocator = Self {
            store,
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
        let clock = self.store.clocks.notable();
        warnings.extend(clock.map(|ahead_ms| RedisWarning::Clock { ahead_ms }));
        // A count for a message: nothing is ordered by it.
        let times = self.written_back.load(Ordering::Relaxed);
        warnings.extend((times > 0).then_some(RedisWarning::WrittenBack { times }));
        warnings
    }

    /// One run of the script, and more where the series must be written back first.
    fn attempt(
        &self,
        connection: &mut Connection,
        wanted: NonZeroU32,
        deadline: Deadline,
    ) -> Result<(Reservation, i64), RedisFault> {
        let (clock, wait) = (&self.store.clock, self.store.finder.url.wait());
        let fingerprint = self.series.fingerprint().to_string();
        let run_id = connection.run_id.clone();
        for _ in 0..=WRITE_BACKS {
            let mut caller_ms = 0;
            let arguments = || {
                // Rule 4 asks for our clock just before the request is sent.
                caller_ms = clock.now_ms();
                let mut arguments = vec![
                    wanted.to_string(),
                    caller_ms.max(0).to_string(),
                    fingerprint.clone(),
                ];
                if let Some(seen) = self.store.newest().by(&run_id) {
                    let Seen { lane, tick, slot } = seen;
                    arguments.extend([lane.to_string(), tick.to_string(), slot.to_string()]);
                }
                arguments
            };
            let keys = [&*self.store.key];
            let (value, reached) =
                connection.run(&script::RESERVE, &keys, arguments, wait, deadline)?;
            let answer = Reservation::of(&value, wanted)
                .ok_or_else(|| connection.garbled(&format!("{value:?}")))?;
            self.store.note(caller_ms, answer.store_ms);
            if let Outcome::Granted(block) = &answer.outcome {
                if !self.store.newest().is_above(&connection.run_id, block) {
                    return Err(connection.garbled("a block that was granted before"));
                }
                self.store
                    .newest()
                    .note(&connection.run_id, Seen::end_of(block));
            }
            match (&answer.outcome, wait, reached) {
                (Outcome::Missing, ..) => self.write_back(connection, deadline)?,
                (Outcome::Granted(_), Some(wait), Some(found))
                    if found < i64::from(wait.replicas.get()) =>
                {
                    return Err(RedisFault::Replicas {
                        wanted: wait.replicas.get(),
                        found,
                        within: wait.patience,
                    });
                }
                _ => return Ok((answer, caller_ms)),
            }
        }
        Err(RedisFault::Vanishing)
    }

    /// The series vanished while this process holds it: bring it back as it was, without its
    /// timeline, so that the next step fences every lane.
    fn write_back(
        &self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), RedisFault> {
        let fingerprint = self.series.fingerprint();
        match self.store.create(connection, &self.series, deadline)? {
            Creation::Created => {
                self.written_back.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    store = %self,
                    series = %self.series.name(),
                    %fingerprint,
                    "the series vanished from Redis and was written back; nothing is reserved for a second"
                );
                Ok(())
            }
            // Another process was faster.
            Creation::Exists { fingerprint: found } if found == fingerprint.to_string() => Ok(()),
            Creation::Exists { fingerprint: found } => Err(RedisFault::Foreign {
                expected: fingerprint,
                found,
            }),
            Creation::Taken { by } => Err(RedisFault::PrefixTaken {
                prefix: self.series.prefix(),
                taken_by: by.name,
                fingerprint: by.fingerprint,
            }),
        }
    }
}

impl Allocator for RedisAllocator {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let (answer, caller_ms) = self
            .store
            .call(|connection, deadline| self.attempt(connection, wanted, deadline))?;
        let store_ms = answer.store_ms;
        let clock = |source| AllocateError::Clock {
            store: self.to_string(),
            source,
        };
        let refused = |fault: RedisFault| fault.into_error(self);
        Err(match answer.outcome {
            Outcome::Granted(block) => return Ok(block),
            Outcome::NotYet(after) => AllocateError::NotYet { after },
            Outcome::OutOfRange => clock(TimelineError::ClockOutOfRange { now_ms: store_ms }),
            Outcome::Behind { behind_ms } => clock(TimelineError::ClockBehind { behind_ms }),
            Outcome::Disagree => clock(TimelineError::ClocksDisagree {
                store_ms,
                caller_ms,
            }),
            Outcome::Foreign { fingerprint } => refused(RedisFault::Foreign {
                expected: self.series.fingerprint(),
                found: text::quoted(&fingerprint),
            }),
            Outcome::Corrupt { field } => refused(self.store.corrupt(&field)),
            Outcome::Missing => refused(RedisFault::Vanishing),
        })
    }
}

impl Store for RedisAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let (stored, now_ms, _) = self.store.read()?;
        let timeline = match stored {
            Some(stored) if stored.series.fingerprint() != self.series.fingerprint() => {
                return Err(RedisFault::Foreign {
                    expected: self.series.fingerprint(),
                    found: stored.series.fingerprint().to_string(),
                }
                .into_error(self));
            }
            Some(stored) => stored.timeline,
            None => None,
        };
        Ok(Snapshot::new(timeline, now_ms))
    }

    fn warnings(&self) -> Vec<String> {
        self.redis_warnings()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn is_new(&self) -> bool {
        self.is_new
    }
}

impl fmt::Display for RedisAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.finder.url.fmt(f)
    }
}

impl fmt::Debug for RedisAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisAllocator")
            .field("url", &self.store.finder.url)
            .field("series", &self.series)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
