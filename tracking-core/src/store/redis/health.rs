//! What an operator should know about a Redis that keeps a series.

use redis::{Value, cmd};

use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::info::Info;
use super::text::text;
use crate::remedy::Remedy;

/// Something about a Redis that puts a series at risk, or will stop it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisWarning {
    /// Redis may delete the series to make room.
    #[error(
        "Redis may evict the series when its memory is used up (maxmemory-policy {policy}); set it to noeviction, or to one of volatile-*"
    )]
    Eviction {
        /// The policy.
        policy: String,
    },
    /// Redis writes nothing to its disk.
    #[error(
        "Redis persists nothing (neither AOF nor RDB), so a restart loses the series; turn on appendonly, and keep its key elsewhere, too"
    )]
    NotPersisted,
    /// Whether Redis writes to its disk could not be seen.
    #[error(
        "whether Redis persists the series could not be seen (CONFIG GET is refused); keep its key elsewhere, too"
    )]
    PersistenceUnknown,
    /// Nothing takes over where this server is lost.
    #[error(
        "Redis has no replica, so nothing is reserved while this server is down, and its disk alone holds the series"
    )]
    NoReplicas,
    /// The clocks of Redis and of this host differ by more than 250 ms.
    #[error(
        "Redis' clock is {} ms {} this host's; above 500 ms nothing is reserved after a failover or a loss of data, so set the clocks right",
        ahead_ms.unsigned_abs(), if *ahead_ms < 0 { "behind" } else { "ahead of" }
    )]
    Clock {
        /// By how much the clock of Redis is ahead of this host's, in milliseconds.
        ahead_ms: i64,
    },
    /// The series vanished while this program ran, which wrote it back.
    #[error(
        "the series vanished from Redis {times} times while this program ran, and was written back; find out what deletes it (FLUSHALL, eviction, a restart without data)"
    )]
    WrittenBack {
        /// How often.
        times: u64,
    },
}

impl RedisWarning {
    /// What can be done about it, where a program has a way of its own for that.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::NotPersisted | Self::PersistenceUnknown => Some(Remedy::KeepKey),
            _ => None,
        }
    }
}

/// Look at a server for what an operator should know.
pub(super) fn look(
    connection: &mut Connection,
    deadline: Deadline,
) -> Result<Vec<RedisWarning>, RedisFault> {
    let section = |name| cmd("INFO").arg(name).take();
    let replies = connection.exchange(
        &[
            section("memory"),
            section("persistence"),
            section("replication"),
            cmd("CONFIG").arg("GET").arg("save").take(),
        ],
        deadline,
    )?;
    let [memory, persistence, replication, save] = &replies[..] else {
        return Err(connection.garbled("too few replies"));
    };
    let field = |reply: &Result<Value, _>, name: &str| -> Option<String> {
        Info::of(reply.as_ref().ok()?)
            .field(name)
            .map(str::to_owned)
    };
    let mut warnings = Vec::new();
    // Only keys that are to expire are evicted by the other policies, and ours never are.
    match field(memory, "maxmemory_policy") {
        Some(policy) if policy.starts_with("allkeys") => {
            warnings.push(RedisWarning::Eviction { policy });
        }
        _ => {}
    }
    if field(persistence, "aof_enabled").as_deref() != Some("1") {
        match save.as_ref().ok().and_then(second_text) {
            Some("") => warnings.push(RedisWarning::NotPersisted),
            Some(_) => {}
            None => warnings.push(RedisWarning::PersistenceUnknown),
        }
    }
    if field(replication, "connected_slaves").as_deref() == Some("0") {
        warnings.push(RedisWarning::NoReplicas);
    }
    Ok(warnings)
}

/// The value of an answer of one name and value.
fn second_text(value: &Value) -> Option<&str> {
    match value {
        Value::Array(items) => text(items.get(1)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_means() {
        for (warning, message) in [
            (
                RedisWarning::Clock { ahead_ms: -300 },
                "Redis' clock is 300 ms behind this host's; above 500 ms nothing is reserved after a failover or a loss of data, so set the clocks right",
            ),
            (
                RedisWarning::Clock { ahead_ms: 300 },
                "Redis' clock is 300 ms ahead of this host's; above 500 ms nothing is reserved after a failover or a loss of data, so set the clocks right",
            ),
            (
                RedisWarning::Eviction {
                    policy: "allkeys-lru".to_owned(),
                },
                "Redis may evict the series when its memory is used up (maxmemory-policy allkeys-lru); set it to noeviction, or to one of volatile-*",
            ),
        ] {
            assert_eq!(warning.to_string(), message);
        }
    }
}
