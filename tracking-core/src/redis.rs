//! An allocator that keeps its state in Redis or Valkey, shared by all hosts that reach it.
//!
//! One hash for each series holds its record and its timeline. A reservation is one run of one
//! script there, `reserve.lua`, which is the twin of [`crate::timeline::step`]: it reads that
//! server's own clock and identity, so no two hosts can disagree about either. An older state that
//! somebody puts in the place of a living one (RESTORE, SWAPDB, HSET) is noticed by every connection
//! that has seen more, which then takes another lane behind a fence. What remains is exception (c) of
//! the promise: a process that has seen nothing yet goes on in that older state, and repeats what was
//! granted in the same 10 ms. No lock of Redis could be held that long. Replies of unknown fate are never waited for twice: whatever goes wrong, the connection is dropped and the serials
//! that may have been reserved are lost, which costs a gap.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use redis::cmd;

use crate::allocator::{AllocateError, Allocator, Snapshot, Store};
use crate::clock::{Clock, SystemClock};
use crate::fork::PerProcess;
use crate::opening::{OpenError, SeriesOptions};
use crate::serial::Block;
use crate::series::Series;
use crate::timeline::{SHARED_FENCE_MS, Seen, TimelineError};
use crate::url::{RedisPlace, RedisUrl};

mod answer;
mod clocks;
mod cluster;
mod deadline;
mod fault;
mod finder;
mod hash;
mod health;
mod info;
mod link;
mod open;
mod refusal;
mod reply;
mod script;
mod seen;
mod stream;
mod tls;
mod turn;

use answer::{Creation, Outcome, Owner, Reservation};
use deadline::Deadline;
use fault::{Fault, Remedy};
use hash::Stored;
pub use health::RedisWarning;
use info::Info;
use link::Link;

/// How often one call may go on at another node, connect anew, or wait for a slot that moves.
const TURNS: usize = 6;
/// How long a slot that moves, or a cluster that votes, is waited for each time.
const PAUSE: Duration = Duration::from_millis(50);
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

/// A Redis and the hash of one series in it, whether that exists or not.
struct RedisStore {
    finder: finder::Finder,
    turns: PerProcess<turn::Turns>,
    key: String,
    clock: Arc<dyn Clock>,
    clocks: clocks::Clocks,
    newest: PerProcess<seen::Newest>,
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
    pub fn warnings(&self) -> Vec<RedisWarning> {
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
        link: &mut Link,
        wanted: NonZeroU32,
        deadline: Deadline,
    ) -> Result<(Reservation, i64), Fault> {
        let (clock, wait) = (&self.store.clock, self.store.finder.url.wait());
        let fingerprint = self.series.fingerprint().to_string();
        for _ in 0..=WRITE_BACKS {
            // Rule 4 asks for our clock just before the request is sent.
            let caller_ms = clock.now_ms();
            let mut arguments = vec![
                wanted.to_string(),
                caller_ms.max(0).to_string(),
                fingerprint.clone(),
            ];
            if let Some(seen) = self.store.newest().by(&link.run_id) {
                let Seen { lane, tick, slot } = seen;
                arguments.extend([lane.to_string(), tick.to_string(), slot.to_string()]);
            }
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let keys = [&*self.store.key];
            let (value, reached) = link.run(&script::RESERVE, &keys, &arguments, wait, deadline)?;
            let answer = Reservation::of(&value, wanted)
                .ok_or_else(|| link.garbled(&format!("{value:?}")))?;
            self.store.note(caller_ms, answer.store_ms);
            if let Outcome::Granted(block) = &answer.outcome {
                if !self.store.newest().is_above(&link.run_id, block) {
                    return Err(link.garbled("a block that was granted before"));
                }
                self.store.newest().note(&link.run_id, Seen::end_of(block));
            }
            match (&answer.outcome, wait, reached) {
                (Outcome::Missing, ..) => self.write_back(link, deadline)?,
                (Outcome::Granted(_), Some(wait), Some(found))
                    if found < i64::from(wait.replicas.get()) =>
                {
                    return Err(Fault::Replicas {
                        wanted: wait.replicas.get(),
                        found,
                        within: wait.patience,
                    });
                }
                _ => return Ok((answer, caller_ms)),
            }
        }
        Err(Fault::Vanishing)
    }

    /// The series vanished while this process holds it: bring it back as it was, without its
    /// timeline, so that the next step fences every lane.
    fn write_back(&self, link: &mut Link, deadline: Deadline) -> Result<(), Fault> {
        let fingerprint = self.series.fingerprint();
        match self.store.create(link, &self.series, deadline)? {
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
            Creation::Exists { fingerprint: found } => Err(Fault::Foreign {
                expected: fingerprint,
                found,
            }),
            Creation::Taken { by } => Err(Fault::PrefixTaken {
                prefix: self.series.prefix(),
                taken_by: by.name,
                fingerprint: by.fingerprint,
            }),
        }
    }
}

impl RedisStore {
    fn new(url: RedisUrl, key: String, clock: Arc<dyn Clock>) -> Self {
        // Made here, so that no child of `fork` finds one half made, and waits for it.
        LazyLock::force(&script::RESERVE);
        LazyLock::force(&script::CREATE);
        Self {
            finder: finder::Finder::new(url),
            turns: PerProcess::default(),
            key,
            clock,
            clocks: clocks::Clocks::default(),
            newest: PerProcess::default(),
        }
    }

    /// What this process has seen granted. A child of `fork` starts without: its parent's mutex may
    /// be held for ever.
    fn newest(&self) -> &seen::Newest {
        self.newest.get(Default::default)
    }

    /// Do some work on the connection, within the time-out of the URL.
    ///
    /// The connection is kept only where the work succeeds. Work that failed is done again where
    /// the server surely did nothing, or where what it did is given up.
    fn call<T>(
        &self,
        mut work: impl FnMut(&mut Link, Deadline) -> Result<T, Fault>,
    ) -> Result<T, AllocateError> {
        let deadline = Deadline::after(self.finder.url.timeout());
        self.call_until(deadline, &mut work)
            .map_err(|fault| fault.into_error(&self.finder.url))
    }

    fn call_until<T>(
        &self,
        deadline: Deadline,
        work: &mut impl FnMut(&mut Link, Deadline) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let cluster = matches!(self.finder.url.place(), RedisPlace::Cluster { .. });
        let mut turn = self.turns.get(Default::default).take(deadline)?;
        let mut reused = turn.link.is_some();
        let mut last = Fault::Wandering { hops: 0 };
        for _ in 0..TURNS {
            let mut link = match turn.link.take() {
                Some(link) => link,
                None => self.finder.find(deadline)?,
            };
            let fault = match work(&mut link, deadline) {
                Ok(value) => {
                    // A node that only takes a slot over is asked for one call at a time.
                    turn.link = (!link.asking).then_some(link);
                    return Ok(value);
                }
                Err(fault) => fault,
            };
            last = match fault.remedy(reused) {
                Remedy::Reconnect => fault,
                Remedy::Follow { host, asking } if cluster => {
                    turn.link = Some(self.finder.follow(host, asking, &link, deadline)?);
                    Fault::Wandering { hops: TURNS }
                }
                Remedy::Pause if deadline.left().is_some_and(|left| left > PAUSE) => {
                    thread::sleep(PAUSE);
                    fault
                }
                _ => return Err(fault),
            };
            reused = false;
        }
        Err(last)
    }

    /// The hash as it is, with the server's clock and ours before it was asked.
    ///
    /// A server that was demoted since the connection was made knows nothing of what its successor
    /// grants: so it is asked what it is each time. One that was promoted and has granted nothing
    /// yet may lack what its predecessor granted last.
    fn read(&self) -> Result<(Option<Stored>, i64, i64), AllocateError> {
        let key = &self.key;
        self.call(|link, deadline| {
            let before_ms = self.clock.now_ms();
            let [hash, time, server, replication] = link.ask_all(
                [
                    cmd("HGETALL").arg(key).take(),
                    cmd("TIME"),
                    cmd("INFO").arg("server").take(),
                    cmd("INFO").arg("replication").take(),
                ],
                deadline,
            )?;
            link.is_primary(&Info::of(&replication))?;
            let store_ms = time_ms(&time).ok_or_else(|| link.garbled("no TIME"))?;
            self.note(before_ms, store_ms);
            let stored = hash::read(&hash).map_err(|field| self.corrupt(field))?;
            let own = Info::of(&server);
            let own = own
                .field("run_id")
                .ok_or_else(|| link.garbled("no run_id in INFO"))?;
            if let Some(timeline) = stored.as_ref().and_then(|stored| stored.timeline.as_ref()) {
                self.newest().note_state(own, timeline);
            }
            let stored = stored.map(|stored| Stored {
                timeline: stored.timeline.map(|timeline| {
                    match timeline.history().as_str() == own {
                        true => timeline,
                        false => timeline.doubted(store_ms + SHARED_FENCE_MS as i64),
                    }
                }),
                ..stored
            });
            Ok((stored, store_ms, before_ms))
        })
    }

    fn create(
        &self,
        link: &mut Link,
        series: &Series,
        deadline: Deadline,
    ) -> Result<Creation, Fault> {
        let arguments = hash::creation(series);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let keys = [self.key.as_str(), hash::PREFIXES];
        let (value, _) = link.run(&script::CREATE, &keys, &arguments, None, deadline)?;
        Creation::of(&value).ok_or_else(|| link.garbled(&format!("{value:?}")))
    }

    /// Register the prefix of a series that is there, where the register has lost it; who else has it,
    /// if somebody does.
    fn register(&self, series: &Series) -> Result<Option<Owner>, AllocateError> {
        let (prefix, name) = (series.prefix(), series.name().as_str());
        let fingerprint = series.fingerprint().to_string();
        let registered = format!("{name} {fingerprint}");
        self.call(|link, deadline| {
            // Nearly always it is there, and nothing needs to be written.
            let look = cmd("HMGET").arg(hash::PREFIXES).arg(prefix.as_str()).take();
            if let redis::Value::Array(found) = link.ask(look, deadline)?
                && found.first().and_then(link::text) == Some(&registered)
            {
                return Ok(None);
            }
            let arguments = [prefix.as_str(), name, &fingerprint];
            let (value, _) = link.run(
                &script::REGISTER,
                &[hash::PREFIXES],
                &arguments,
                None,
                deadline,
            )?;
            match Creation::of(&value) {
                Some(Creation::Created) => Ok(None),
                Some(Creation::Taken { by }) => Ok(Some(by)),
                _ => Err(link.garbled(&format!("{value:?}"))),
            }
        })
    }

    fn look(&self) -> Result<Vec<RedisWarning>, AllocateError> {
        self.call(health::look)
    }

    fn note(&self, before_ms: i64, store_ms: i64) {
        let clock = &*self.clock;
        self.clocks
            .note(&self.finder.url, before_ms, store_ms, clock);
    }

    fn corrupt(&self, field: &str) -> Fault {
        Fault::Corrupt {
            key: self.key.clone(),
            field: fault::quoted(field),
        }
    }
}

/// What `TIME` answers, in milliseconds since the Unix epoch.
fn time_ms(value: &redis::Value) -> Option<i64> {
    let redis::Value::Array(parts) = value else {
        return None;
    };
    let [seconds, micros] = &parts[..] else {
        return None;
    };
    let seconds: i64 = link::text(seconds)?.parse().ok()?;
    let micros: i64 = link::text(micros)?.parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(micros / 1_000)
}

impl Allocator for RedisAllocator {
    fn series(&self) -> &Series {
        &self.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let (answer, caller_ms) = self
            .store
            .call(|link, deadline| self.attempt(link, wanted, deadline))?;
        let store_ms = answer.store_ms;
        let clock = |source| AllocateError::Clock {
            store: self.to_string(),
            source,
        };
        let refused = |fault: Fault| fault.into_error(self);
        Err(match answer.outcome {
            Outcome::Granted(block) => return Ok(block),
            Outcome::NotYet(after) => AllocateError::NotYet { after },
            Outcome::OutOfRange => clock(TimelineError::ClockOutOfRange { now_ms: store_ms }),
            Outcome::Behind { behind_ms } => clock(TimelineError::ClockBehind { behind_ms }),
            Outcome::Disagree => clock(TimelineError::ClocksDisagree {
                store_ms,
                caller_ms,
            }),
            Outcome::Foreign { fingerprint } => refused(Fault::Foreign {
                expected: self.series.fingerprint(),
                found: fault::quoted(&fingerprint),
            }),
            Outcome::Corrupt { field } => refused(self.store.corrupt(&field)),
            Outcome::Missing => refused(Fault::Vanishing),
        })
    }
}

impl Store for RedisAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let (stored, now_ms, _) = self.store.read()?;
        let timeline = match stored {
            Some(stored) if stored.series.fingerprint() != self.series.fingerprint() => {
                return Err(Fault::Foreign {
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
        self.warnings().iter().map(ToString::to_string).collect()
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
