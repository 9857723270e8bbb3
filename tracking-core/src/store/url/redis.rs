//! The URL that names a Redis.

use std::fmt;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use super::error::{ParseStoreUrlError, clipped};
use super::login::Password;
use super::number::{TIMEOUT_MS, number, part_of_timeout};
use super::parts::Parts;

// None of them uses what is here.
mod form;
mod place;

use form::{DATABASES, Form};
pub use place::{RedisHost, RedisPlace};

const WAIT_REPLICAS: RangeInclusive<u32> = 0..=32;

/// A Redis or Valkey, and how to talk to it. Its `Display` and `Debug` forms hide the password.
///
/// | URL | names |
/// |---|---|
/// | `redis://[USER[:PASSWORD]@]HOST[:PORT][/DB]` | a server |
/// | `rediss://…` | a server, by TLS; `?ca=FILE` trusts the certificates of a PEM file alone |
/// | `redis+unix://[USER[:PASSWORD]@]/PATH` | a server's socket; `?db=N` |
/// | `redis+sentinel://…HOST[:PORT],HOST…/MASTER[/DB]` | the master that Sentinels agree on |
/// | `redis+cluster://…HOST[:PORT],HOST…` | a cluster, by some of its nodes |
///
/// User and password are percent-encoded. Options, in any order behind a `?`: `wait_replicas`
/// (0 to 32, default 0) replicas must have a reservation within `wait_ms` (10 to 60,000, default
/// 500); `connect_ms` (default 1,000) bounds one attempt to connect, and `timeout_ms` (default
/// 2,000) a whole reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisUrl {
    place: RedisPlace,
    user: Option<String>,
    password: Option<Password>,
    database: u32,
    wait: Option<ReplicaWait>,
    connect: Duration,
    timeout: Duration,
}

/// Replicas that must have a reservation before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaWait {
    /// How many.
    pub replicas: NonZeroU32,
    /// For how long they are waited for.
    pub patience: Duration,
}

impl RedisUrl {
    /// Where it is.
    pub fn place(&self) -> &RedisPlace {
        &self.place
    }

    /// The user to log in as.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The secret password to log in with.
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_ref().map(Password::expose)
    }

    /// The same Redis with a password from elsewhere, such as a variable or a file.
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Password::new(password));
        self
    }

    /// The database.
    pub fn database(&self) -> u32 {
        self.database
    }

    /// The replicas to wait for.
    pub fn wait(&self) -> Option<ReplicaWait> {
        self.wait
    }

    /// How long one attempt to connect may take.
    pub fn connect_timeout(&self) -> Duration {
        self.connect
    }

    /// How long a whole reservation may take, with all that it needs.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A URL of its scheme, which is one of the five, and what stands behind the colon.
    pub(super) fn parse(scheme: &str, rest: &str) -> Result<Self, ParseStoreUrlError> {
        let form = Form::of(scheme);
        let Parts {
            user,
            password,
            hosts,
            path,
            options,
        } = Parts::of(rest, |part, found| form.error(part, found))?;
        let (place, database) = form.place(hosts, path)?;
        let mut url = Self {
            place,
            user,
            password,
            database,
            wait: None,
            connect: Duration::from_millis(1_000),
            timeout: Duration::from_millis(2_000),
        };
        url.set_options(&form, options)?;
        Ok(url)
    }

    fn set_options(&mut self, form: &Form, options: &str) -> Result<(), ParseStoreUrlError> {
        let (mut replicas, mut timeout_ms) = (0, 2_000);
        let (mut wait_ms, mut connect_ms) = (None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match (name, &mut self.place) {
                ("wait_replicas", _) => replicas = number(name, value, WAIT_REPLICAS)?,
                ("wait_ms", _) => wait_ms = Some(number(name, value, TIMEOUT_MS)?),
                ("connect_ms", _) => connect_ms = Some(number(name, value, TIMEOUT_MS)?),
                ("timeout_ms", _) => timeout_ms = number(name, value, TIMEOUT_MS)?,
                ("db", RedisPlace::Socket(_)) => self.database = number(name, value, DATABASES)?,
                ("ca", RedisPlace::Tls { ca, .. }) if !value.is_empty() => *ca = Some(value.into()),
                // The name alone: a value may be a secret that was meant for elsewhere.
                _ => {
                    return Err(ParseStoreUrlError::Option {
                        found: clipped(name),
                        expected: form.options,
                    });
                }
            }
        }
        let wait_ms = wait_ms.unwrap_or(500.min(timeout_ms));
        let connect_ms = connect_ms.unwrap_or(1_000.min(timeout_ms));
        let wait = part_of_timeout("wait_ms", wait_ms, timeout_ms)?;
        self.connect = part_of_timeout("connect_ms", connect_ms, timeout_ms)?;
        self.timeout = Duration::from_millis(timeout_ms.into());
        self.wait = NonZeroU32::new(replicas).map(|replicas| ReplicaWait {
            replicas,
            patience: wait,
        });
        Ok(())
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place {
            RedisPlace::Server(_) => "redis://",
            RedisPlace::Tls { .. } => "rediss://",
            RedisPlace::Socket(_) => "redis+unix://",
            RedisPlace::Sentinel { .. } => "redis+sentinel://",
            RedisPlace::Cluster { .. } => "redis+cluster://",
        })?;
        if let Some(user) = &self.user {
            write!(f, "{}@", user.escape_default())?;
        }
        match &self.place {
            RedisPlace::Server(host) | RedisPlace::Tls { host, .. } => host.fmt(f)?,
            RedisPlace::Socket(path) => return fmt_socket(f, path, self.database),
            RedisPlace::Sentinel { hosts, master } => {
                fmt_hosts(f, hosts)?;
                write!(f, "/{master}")?;
            }
            RedisPlace::Cluster { hosts } => fmt_hosts(f, hosts)?,
        }
        match self.database {
            0 => Ok(()),
            database => write!(f, "/{database}"),
        }
    }
}

fn fmt_hosts(f: &mut fmt::Formatter<'_>, hosts: &[RedisHost]) -> fmt::Result {
    for (index, host) in hosts.iter().enumerate() {
        write!(f, "{}{host}", if index > 0 { "," } else { "" })?;
    }
    Ok(())
}

fn fmt_socket(f: &mut fmt::Formatter<'_>, path: &Path, database: u32) -> fmt::Result {
    write!(f, "{}", crate::shown::Plain::of(path))?;
    match database {
        0 => Ok(()),
        database => write!(f, "?db={database}"),
    }
}

#[cfg(test)]
mod tests;
