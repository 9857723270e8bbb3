//! The series in a Redis, whether it is there or not: what is read of its hash and written there.

use std::collections::BTreeMap;
use std::sync::Arc;

use redis::{Value, cmd};

use crate::clock::Clock;
use crate::fork::PerProcess;
use crate::series::{Series, SeriesName};
use crate::store::allocator::AllocateError;
use crate::store::newest::Newest;
use crate::store::timeline::{History, SHARED_FENCE_MS, Timeline};
use crate::store::url::RedisUrl;

use super::answer::{Creation, Owner};
use super::client::Client;
use super::clocks::Clocks;
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::hash::{self, Stored};
use super::health::RedisWarning;
use super::info::Info;
use super::stream::Dial;
use super::{script, text};

/// The hash of one series in a Redis, and what this process knows of the two.
pub(super) struct RemoteSeries {
    pub(super) client: Client,
    pub(super) key: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) clocks: Clocks,
    newest: PerProcess<Newest>,
}

/// The hash as it is, and when that was.
pub(super) struct Reading {
    pub(super) stored: Option<Stored>,
    /// The server's clock.
    pub(super) store_ms: i64,
    /// Ours, before the server was asked.
    pub(super) caller_ms: i64,
    /// The server's identity.
    pub(super) history: History,
}

impl RemoteSeries {
    pub(super) fn new(
        url: RedisUrl,
        name: &SeriesName,
        clock: Arc<dyn Clock>,
        dial: Option<Arc<dyn Dial>>,
    ) -> Self {
        script::make();
        Self {
            client: Client::new(url, dial),
            key: hash::key_of(name),
            clock,
            clocks: Clocks::default(),
            newest: PerProcess::default(),
        }
    }

    /// What this process has seen granted. A child of `fork` starts without: its parent's mutex may
    /// be held for ever.
    pub(super) fn newest(&self) -> &Newest {
        self.newest.get(Default::default)
    }

    /// The hash as it is, without a change to it.
    ///
    /// A server that was demoted since the connection was made knows nothing of what its successor
    /// grants: so it is asked what it is each time. One that was promoted and has granted nothing
    /// yet may lack what its predecessor granted last.
    pub(super) fn read(&self) -> Result<Reading, AllocateError> {
        let read = |connection: &mut Connection, deadline: Deadline| {
            let key = &self.key;
            let caller_ms = self.clock.now_ms();
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
            self.note(caller_ms, store_ms);
            let stored = hash::read(&hash).map_err(|field| self.corrupt(field))?;
            let own = Info::of(&server);
            let own = own
                .field("run_id")
                .ok_or_else(|| connection.garbled("no run_id in INFO"))?;
            let history = History::new(own).ok_or_else(|| connection.garbled("no run_id"))?;
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
            Ok(Reading {
                stored,
                store_ms,
                caller_ms,
                history,
            })
        };
        self.client.call(read)
    }

    /// Create it as it is given, all of it or nothing: without a timeline, or with that of a series which goes
    /// on here.
    pub(super) fn create(
        &self,
        connection: &mut Connection,
        series: &Series,
        start: Option<&Timeline>,
        deadline: Deadline,
    ) -> Result<Creation, RedisFault> {
        let arguments = hash::creation(series, start);
        let keys = [self.key.as_str(), hash::PREFIXES];
        let (value, _) = script::CREATE.run(connection, &keys, arguments, None, deadline)?;
        Creation::of(&value).ok_or_else(|| connection.garbled(&format!("{value:?}")))
    }

    /// Register the prefix of a series that is there, where the register has lost it; who else has it,
    /// if somebody does.
    pub(super) fn register(&self, series: &Series) -> Result<Option<Owner>, AllocateError> {
        let (prefix, name) = (series.prefix(), series.name().as_str());
        let fingerprint = series.fingerprint().to_string();
        let registered = format!("{name} {fingerprint}");
        let register = |connection: &mut Connection, deadline: Deadline| {
            // Nearly always it is there, and nothing needs to be written.
            let look = cmd("HMGET").arg(hash::PREFIXES).arg(prefix.as_str()).take();
            if let Value::Array(found) = connection.ask(look, deadline)?
                && found.first().and_then(text::text) == Some(&registered)
            {
                return Ok(None);
            }
            let arguments = [prefix.as_str(), name, &fingerprint]
                .map(str::to_owned)
                .to_vec();
            let keys = [hash::PREFIXES];
            let (value, _) = script::REGISTER.run(connection, &keys, arguments, None, deadline)?;
            match Creation::of(&value) {
                Some(Creation::Created) => Ok(None),
                Some(Creation::Taken { by }) => Ok(Some(by)),
                _ => Err(connection.garbled(&format!("{value:?}"))),
            }
        };
        self.client.call(register)
    }

    /// Take note of the server's clock, and of ours before it was asked.
    pub(super) fn note(&self, caller_ms: i64, store_ms: i64) {
        if let Some(ahead_ms) = self.clocks.note(caller_ms, store_ms, &*self.clock) {
            let store = self.client.url();
            tracing::warn!(%store, ahead_ms, "{}", RedisWarning::Clock { ahead_ms });
        }
    }

    /// That a field of the hash is not as it is written here.
    pub(super) fn corrupt(&self, field: &str) -> RedisFault {
        RedisFault::Corrupt {
            key: self.key.clone(),
            field: text::quoted(field),
        }
    }
}

/// The names of the series that the register of prefixes names, in their order.
pub(crate) fn series_names(url: &RedisUrl) -> Result<Vec<SeriesName>, AllocateError> {
    Client::new(url.clone(), None).call(|connection: &mut Connection, deadline: Deadline| {
        let register = connection.ask(cmd("HGETALL").arg(hash::PREFIXES).take(), deadline)?;
        let Value::Array(items) = register else {
            return Err(connection.garbled("no register of prefixes"));
        };
        let owners = items
            .chunks_exact(2)
            .filter_map(|pair| text::text(&pair[1]));
        // `NAME FINGERPRINT`, or the name alone.
        let names = owners.filter_map(|owner| owner.split(' ').next()?.parse().ok());
        // In their order, and a name whose prefix changed once alone.
        let names: BTreeMap<String, SeriesName> = names
            .map(|name: SeriesName| (name.to_string(), name))
            .collect();
        Ok(names.into_values().collect())
    })
}

/// What `TIME` answers, in milliseconds since the Unix epoch.
fn time_ms(value: &Value) -> Option<i64> {
    let Value::Array(parts) = value else {
        return None;
    };
    let [seconds, micros] = &parts[..] else {
        return None;
    };
    let seconds: i64 = text::text(seconds)?.parse().ok()?;
    let micros: i64 = text::text(micros)?.parse().ok()?;
    seconds.checked_mul(1_000)?.checked_add(micros / 1_000)
}
