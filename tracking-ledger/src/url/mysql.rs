//! The URL of a MySQL or MariaDB.

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tracking_core::shown::{Plain, Shown};

use super::ParseLedgerUrlError;

/// A MySQL or MariaDB, and how to talk to it. Its `Display` and `Debug` forms hide the password.
///
/// `mysql://USER[:PASSWORD]@HOST[:PORT]/DATABASE`, user and password percent-encoded. Options behind a `?`:
/// `tls=on` asks for TLS and trusts the system's certificates and Mozilla's, `ca=FILE` trusts those of a PEM file as
/// well; `connect_ms` (default 1,000) bounds an attempt to connect, and `timeout_ms` (default 2,000) the wait for
/// each answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MySqlUrl {
    host: String,
    port: u16,
    user: String,
    password: Option<Password>,
    database: String,
    tls: Option<Tls>,
    connect: Duration,
    timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tls {
    ca: Option<PathBuf>,
}

#[derive(Clone, PartialEq, Eq)]
struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

const OPTIONS: &str =
    "tls=on, ca=FILE, connect_ms=N or timeout_ms=N (10 to 60000), each at most once";

const PORT: u16 = 3306;

impl MySqlUrl {
    /// The host's name or address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The user to log in as.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The secret password to log in with.
    #[must_use]
    pub fn expose_password(&self) -> Option<&str> {
        self.password.as_ref().map(|password| password.0.as_str())
    }

    /// The same with a password from elsewhere, such as a variable or a file.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Password(password.into()));
        self
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Whether it is talked to by TLS.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls.is_some()
    }

    /// A PEM file with certificates to trust beside the usual ones.
    #[must_use]
    pub fn ca(&self) -> Option<&Path> {
        self.tls.as_ref()?.ca.as_deref()
    }

    /// How long an attempt to connect may take.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect
    }

    /// How long each answer may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether it is this host, as far as its name tells.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }

    /// What stands behind `mysql:`.
    pub(super) fn parse(rest: &str) -> Result<Self, ParseLedgerUrlError> {
        let error = |part| ParseLedgerUrlError::MySql { part };
        let rest = rest.strip_prefix("//").ok_or(error("beginning"))?;
        let (body, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, place) = body.rsplit_once('@').ok_or(error("user"))?;
        if options.contains('@') {
            // A password with a ? that is not percent-encoded.
            return Err(error("user"));
        }
        let (authority, database) = place.split_once('/').ok_or(error("database"))?;
        let (host, port) = host(authority).ok_or(error("host"))?;
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (login, None),
        };
        let decoded = |text| {
            percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(String::from)
        };
        let password = password.map(|password| decoded(password).ok_or(error("password")));
        let is_database =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$');
        if !(1..=64).contains(&database.len()) || !database.bytes().all(is_database) {
            return Err(error("database"));
        }
        let url = Self {
            host,
            port,
            user: decoded(user)
                .filter(|user| !user.is_empty())
                .ok_or(error("user"))?,
            password: password
                .transpose()?
                .filter(|password| !password.is_empty())
                .map(Password),
            database: database.to_owned(),
            tls: None,
            connect: Duration::from_millis(1_000),
            timeout: Duration::from_millis(2_000),
        };
        url.with_options(options)
    }

    fn with_options(mut self, options: &str) -> Result<Self, ParseLedgerUrlError> {
        let mut seen = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            // The name alone: a value may be a secret that was meant for elsewhere.
            let error = || ParseLedgerUrlError::Option {
                expected: OPTIONS,
                found: Shown(name).to_string().into(),
            };
            if seen.contains(&name) {
                return Err(error());
            }
            seen.push(name);
            match name {
                "tls" if value == "on" => self.tls = self.tls.or(Some(Tls { ca: None })),
                "ca" if !value.is_empty() => {
                    self.tls = Some(Tls {
                        ca: Some(value.into()),
                    })
                }
                "connect_ms" => self.connect = duration(value).ok_or_else(error)?,
                "timeout_ms" => self.timeout = duration(value).ok_or_else(error)?,
                _ => return Err(error()),
            }
        }
        Ok(self)
    }
}

fn host(text: &str) -> Option<(String, u16)> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, port) = rest.split_once(']')?;
            name.parse::<Ipv6Addr>().ok()?;
            (name, port)
        }
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let shaped = |c: u8| c.is_ascii_alphanumeric() || b".-_".contains(&c);
            if !(1..=253).contains(&name.len()) || !name.bytes().all(shaped) {
                return None;
            }
            (name, port)
        }
    };
    let port = match port.strip_prefix(':') {
        Some(port) => u16::try_from(digits(port)?).ok().filter(|port| *port > 0)?,
        None if port.is_empty() => PORT,
        None => return None,
    };
    Some((name.to_owned(), port))
}

fn duration(text: &str) -> Option<Duration> {
    let ms = digits(text).filter(|ms| (10..=60_000).contains(ms))?;
    Some(Duration::from_millis(ms.into()))
}

/// The standard library takes a sign, too.
fn digits(text: &str) -> Option<u32> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok())?
}

impl fmt::Display for MySqlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = if self.password.is_some() { ":***" } else { "" };
        write!(f, "mysql://{}{password}@", Plain::of(&self.user))?;
        match self.host.contains(':') {
            true => write!(f, "[{}]", self.host)?,
            false => f.write_str(&self.host)?,
        }
        write!(f, ":{}/{}", self.port, self.database)?;
        match &self.tls {
            None => Ok(()),
            Some(Tls { ca: None }) => f.write_str("?tls=on"),
            Some(Tls { ca: Some(ca) }) => write!(f, "?ca={}", Plain::of(ca)),
        }
    }
}
