//! A Redis and the hash of one series in it: what is asked of it, over one connection at a time.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use redis::cmd;

use super::answer::{Creation, Owner};
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::{RedisFault, Remedy};
use super::hash::Stored;
use super::health::RedisWarning;
use super::info::Info;
use super::{clocks, finder, hash, health, script, seen, text, turn};
use crate::clock::Clock;
use crate::fork::PerProcess;
use crate::series::Series;
use crate::store::allocator::AllocateError;
use crate::store::timeline::SHARED_FENCE_MS;
use crate::store::url::{RedisPlace, RedisUrl};

/// How often one call may go on at another node, connect anew, or wait for a slot that moves.
const TURNS: usize = 6;
/// How long a slot that moves, or a cluster that votes, is waited for each time.
const PAUSE: Duration = Duration::from_millis(50);

/// A Redis and the hash of one series in it, whether that exists or not.
pub(super) struct RedisStore {
    pub(super) finder: finder::Finder,
    pub(super) turns: PerProcess<turn::Turns>,
    pub(super) key: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clocks: clocks::Clocks,
    pub(super) newest: PerProcess<seen::Newest>,
}

impl RedisStore {
    pub(super) fn new(url: RedisUrl, key: String, clock: Arc<dyn Clock>) -> Self {
        script::make();
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
    pub(super) fn newest(&self) -> &seen::Newest {
        self.newest.get(Default::default)
    }

    /// Do some work on the connection, within the time-out of the URL.
    ///
    /// The connection is kept only where the work succeeds. Work that failed is done again where
    /// the server surely did nothing, or where what it did is given up.
    pub(super) fn call<T>(
        &self,
        mut work: impl FnMut(&mut Connection, Deadline) -> Result<T, RedisFault>,
    ) -> Result<T, AllocateError> {
        let deadline = Deadline::after(self.finder.url.timeout());
        self.call_until(deadline, &mut work)
            .map_err(|fault| fault.into_error(&self.finder.url))
    }

    fn call_until<T>(
        &self,
        deadline: Deadline,
        work: &mut impl FnMut(&mut Connection, Deadline) -> Result<T, RedisFault>,
    ) -> Result<T, RedisFault> {
        let cluster = matches!(self.finder.url.place(), RedisPlace::Cluster { .. });
        let mut turn = self.turns.get(Default::default).take(deadline)?;
        let mut reused = turn.connection.is_some();
        let mut last = RedisFault::Wandering { hops: 0 };
        for _ in 0..TURNS {
            let mut connection = match turn.connection.take() {
                Some(connection) => connection,
                None => self.finder.find(deadline)?,
            };
            let fault = match work(&mut connection, deadline) {
                Ok(value) => {
                    // A node that only takes a slot over is asked for one call at a time.
                    turn.connection = (!connection.asking).then_some(connection);
                    return Ok(value);
                }
                Err(fault) => fault,
            };
            last = match fault.remedy(reused) {
                Remedy::Reconnect => fault,
                Remedy::Follow { host, asking } if cluster => {
                    turn.connection =
                        Some(self.finder.follow(host, asking, &connection, deadline)?);
                    RedisFault::Wandering { hops: TURNS }
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
    pub(super) fn read(&self) -> Result<(Option<Stored>, i64, i64), AllocateError> {
        let key = &self.key;
        self.call(|connection, deadline| {
            let before_ms = self.clock.now_ms();
            let [hash, time, server, replication] = connection.ask_all(
                [
                    cmd("HGETALL").arg(key).take(),
                    cmd("TIME"),
                    cmd("INFO").arg("server").take(),
                    cmd("INFO").arg("replication").take(),
                ],
                deadline,
            )?;
            connection.is_primary(&Info::of(&replication))?;
            let store_ms = time_ms(&time).ok_or_else(|| connection.garbled("no TIME"))?;
            self.note(before_ms, store_ms);
            let stored = hash::read(&hash).map_err(|field| self.corrupt(field))?;
            let own = Info::of(&server);
            let own = own
                .field("run_id")
                .ok_or_else(|| connection.garbled("no run_id in INFO"))?;
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

    pub(super) fn create(
        &self,
        connection: &mut Connection,
        series: &Series,
        deadline: Deadline,
    ) -> Result<Creation, RedisFault> {
        let arguments = || hash::creation(series);
        let keys = [self.key.as_str(), hash::PREFIXES];
        let (value, _) = connection.run(&script::CREATE, &keys, arguments, None, deadline)?;
        Creation::of(&value).ok_or_else(|| connection.garbled(&format!("{value:?}")))
    }

    /// Register the prefix of a series that is there, where the register has lost it; who else has it,
    /// if somebody does.
    pub(super) fn register(&self, series: &Series) -> Result<Option<Owner>, AllocateError> {
        let (prefix, name) = (series.prefix(), series.name().as_str());
        let fingerprint = series.fingerprint().to_string();
        let registered = format!("{name} {fingerprint}");
        self.call(|connection, deadline| {
            // Nearly always it is there, and nothing needs to be written.
            let look = cmd("HMGET").arg(hash::PREFIXES).arg(prefix.as_str()).take();
            if let redis::Value::Array(found) = connection.ask(look, deadline)?
                && found.first().and_then(text::text) == Some(&registered)
            {
                return Ok(None);
            }
            let arguments = || {
                [prefix.as_str(), name, &fingerprint]
                    .map(str::to_owned)
                    .to_vec()
            };
            let (value, _) = connection.run(
                &script::REGISTER,
                &[hash::PREFIXES],
                arguments,
                None,
                deadline,
            )?;
            match Creation::of(&value) {
                Some(Creation::Created) => Ok(None),
                Some(Creation::Taken { by }) => Ok(Some(by)),
                _ => Err(connection.garbled(&format!("{value:?}"))),
            }
        })
    }

    pub(super) fn look(&self) -> Result<Vec<RedisWarning>, AllocateError> {
        self.call(health::look)
    }

    pub(super) fn note(&self, before_ms: i64, store_ms: i64) {
        let clock = &*self.clock;
        self.clocks
            .note(&self.finder.url, before_ms, store_ms, clock);
    }

    pub(super) fn corrupt(&self, field: &str) -> RedisFault {
        RedisFault::Corrupt {
            key: self.key.clone(),
            field: text::quoted(field),
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
    let seconds: i64 = text::text(seconds)?.parse().ok()?;
    let micros: i64 = text::text(micros)?.parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(micros / 1_000)
}
