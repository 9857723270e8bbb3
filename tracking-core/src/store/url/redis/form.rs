//! What each scheme of a Redis expects behind it.

use std::ops::RangeInclusive;

use crate::store::url::error::{ParseStoreUrlError, clipped};

use super::place::{RedisHost, RedisPlace};
use crate::store::url::host::parse_host;
use crate::store::url::number::number;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;
const HOSTS: usize = 32;
const OPTIONS: &str = "wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N";
const OPTIONS_TLS: &str = "ca=FILE, wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N";
const OPTIONS_UNIX: &str = "db=N, wait_replicas=N, wait_ms=N, connect_ms=N or timeout_ms=N";
pub(super) const DATABASES: RangeInclusive<u32> = 0..=65_535;

/// What is expected behind one of the schemes.
pub(super) struct Form {
    expected: &'static str,
    /// The options that such a URL takes.
    pub(super) options: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Server,
    Tls,
    Socket,
    Sentinel,
    Cluster,
}

impl Form {
    pub(super) fn of(scheme: &str) -> Self {
        let (kind, expected, options) = match scheme {
            "rediss" => (
                Kind::Tls,
                "rediss://[USER[:PASSWORD]@]HOST[:PORT][/DB]",
                OPTIONS_TLS,
            ),
            "redis+unix" => (
                Kind::Socket,
                "redis+unix://[USER[:PASSWORD]@]/PATH[?db=N]",
                OPTIONS_UNIX,
            ),
            "redis+sentinel" => (
                Kind::Sentinel,
                "redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]/MASTER[/DB]",
                OPTIONS,
            ),
            "redis+cluster" => (
                Kind::Cluster,
                "redis+cluster://[USER[:PASSWORD]@]HOST[:PORT],HOST[:PORT]",
                OPTIONS,
            ),
            _ => (
                Kind::Server,
                "redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]",
                OPTIONS,
            ),
        };
        Self {
            expected,
            options,
            kind,
        }
    }

    pub(super) fn error(&self, part: &'static str, found: &str) -> ParseStoreUrlError {
        ParseStoreUrlError::Redis {
            expected: self.expected,
            part,
            // What stands before an @ may be a password, wherever it got to.
            found: clipped(found.rsplit('@').next().unwrap_or_default()),
        }
    }

    pub(super) fn place(
        &self,
        hosts: &str,
        path: &str,
    ) -> Result<(RedisPlace, u32), ParseStoreUrlError> {
        let steps = path.strip_prefix('/').filter(|steps| !steps.is_empty());
        match self.kind {
            Kind::Server | Kind::Tls => {
                let host = self.host(hosts, PORT)?;
                let place = match self.kind {
                    Kind::Tls => RedisPlace::Tls { host, ca: None },
                    _ => RedisPlace::Server(host),
                };
                Ok((place, self.database(steps)?))
            }
            Kind::Socket => match steps {
                Some(steps) if hosts.is_empty() && !steps.ends_with('/') => {
                    Ok((RedisPlace::Socket(path.into()), 0))
                }
                _ => Err(self.error("path", &format!("{hosts}{path}"))),
            },
            Kind::Sentinel => {
                let steps = steps.unwrap_or_default();
                let (master, database) = match steps.split_once('/') {
                    Some((master, database)) => (master, self.database(Some(database))?),
                    None => (steps, 0),
                };
                let shaped = |c: u8| c.is_ascii_alphanumeric() || b".-_".contains(&c);
                if !(1..=128).contains(&master.len()) || !master.bytes().all(shaped) {
                    return Err(self.error("master", master));
                }
                let hosts = self.hosts(hosts, SENTINEL_PORT)?;
                let master = master.to_owned();
                Ok((RedisPlace::Sentinel { hosts, master }, database))
            }
            Kind::Cluster => match steps {
                None => {
                    let hosts = self.hosts(hosts, PORT)?;
                    Ok((RedisPlace::Cluster { hosts }, 0))
                }
                Some(_) => Err(self.error("path", path)),
            },
        }
    }

    fn database(&self, text: Option<&str>) -> Result<u32, ParseStoreUrlError> {
        text.map_or(Ok(0), |text| {
            number("DB", text, DATABASES).map_err(|_| self.error("database", text))
        })
    }

    fn hosts(&self, text: &str, port: u16) -> Result<Vec<RedisHost>, ParseStoreUrlError> {
        let hosts = text
            .split(',')
            .take(HOSTS + 1)
            .map(|host| self.host(host, port))
            .collect::<Result<Vec<_>, _>>()?;
        if hosts.len() > HOSTS {
            return Err(self.error("hosts (more than 32)", text));
        }
        Ok(hosts)
    }

    fn host(&self, text: &str, default_port: u16) -> Result<RedisHost, ParseStoreUrlError> {
        let (name, port) =
            parse_host(text, default_port).ok_or_else(|| self.error("host", text))?;
        Ok(RedisHost::new(name, port))
    }
}
