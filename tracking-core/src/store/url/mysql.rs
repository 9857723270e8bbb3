//! The URL that names a MySQL or MariaDB.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::{ParseStoreUrlError, clipped};
use super::host::fmt_host;
use super::login::Password;
use super::number::{TIMEOUT_MS, number, part_of_timeout};
use super::parts::Parts;

mod form;

use form::Form;

const PORT: u16 = 3306;
/// The longest name of a database, in characters.
const LONGEST_NAME: usize = 64;

/// A database of a MySQL or MariaDB, and how to talk to it. Its `Display` and `Debug` forms hide the
/// password.
///
/// | URL | names |
/// |---|---|
/// | `mysql://[USER[:PASSWORD]@]HOST[:PORT]/DB` | a database of a server |
/// | `mysqls://…` | the same by TLS, as `rediss:` is for Redis: what is secret on its way shows in every message; `?ca=FILE` trusts the certificates of a PEM file, too |
/// | `mysql+unix://[USER[:PASSWORD]@]/PATH?db=DB` | a database of the server that has this socket |
///
/// User, password and database are percent-encoded. Options, in any order behind a `?`: `connect_ms`
/// (10 to 60,000, default 1,000) bounds one attempt to connect, and `timeout_ms` (default 2,000) a whole
/// reservation, or a whole call of a ledger; `galera=one-writer` vouches that of a Galera cluster only one node is
/// written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MySqlUrl {
    place: MySqlPlace,
    user: Option<String>,
    password: Option<Password>,
    database: String,
    one_writer: bool,
    connect: Duration,
    timeout: Duration,
}

/// Where a MySQL is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MySqlPlace {
    /// A server, in the clear.
    Server {
        /// The name or address, an IPv6 address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A server, by TLS.
    Tls {
        /// The name or address, an IPv6 address without brackets, which its certificate must have.
        host: String,
        /// The port.
        port: u16,
        /// A PEM file with certificates to trust beside those of the public authorities, instead of the
        /// system's.
        ca: Option<PathBuf>,
    },
    /// A server's Unix socket.
    Socket(PathBuf),
}

impl MySqlUrl {
    /// Where it is.
    pub fn place(&self) -> &MySqlPlace {
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

    /// The same with a password from elsewhere, such as a variable or a file.
    pub fn with_password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(Password::new(password));
        self
    }

    /// The database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Whether somebody vouches that only one node of a Galera cluster is written to.
    pub fn has_one_writer(&self) -> bool {
        self.one_writer
    }

    /// How long one attempt to connect may take.
    pub fn connect_timeout(&self) -> Duration {
        self.connect
    }

    /// How long a whole call may take, such as a reservation, with all that it needs.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Whether what is sent can be read on its way: it is in the clear, and to another host.
    #[cfg(feature = "mysql")]
    pub(crate) fn is_exposed(&self) -> bool {
        match &self.place {
            MySqlPlace::Server { host, .. } => {
                let is_loopback = |address: std::net::IpAddr| address.is_loopback();
                host != "localhost" && !host.parse().is_ok_and(is_loopback)
            }
            MySqlPlace::Tls { .. } | MySqlPlace::Socket(_) => false,
        }
    }

    /// The server without the login and the database, for a message.
    #[cfg(feature = "mysql")]
    pub(crate) fn address(&self) -> String {
        struct Address<'a>(&'a MySqlPlace);
        impl fmt::Display for Address<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt_address(f)
            }
        }
        Address(&self.place).to_string()
    }

    /// A URL of its scheme, which is one of the three, and what stands behind the colon.
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
            one_writer: false,
            connect: Duration::ZERO,
            timeout: Duration::ZERO,
        };
        url.set_options(&form, options)?;
        match url.database.is_empty() {
            true => Err(form.error("database", "")),
            false => Ok(url),
        }
    }

    fn set_options(&mut self, form: &Form, options: &str) -> Result<(), ParseStoreUrlError> {
        let (mut timeout_ms, mut connect_ms) = (2_000, None);
        let mut seen = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            match (name, &mut self.place) {
                ("connect_ms", _) => connect_ms = Some(number(name, value, TIMEOUT_MS)?),
                ("timeout_ms", _) => timeout_ms = number(name, value, TIMEOUT_MS)?,
                ("galera", _) if value == "one-writer" => self.one_writer = true,
                ("db", MySqlPlace::Socket(_)) => self.database = form.database(value)?,
                ("ca", MySqlPlace::Tls { ca, .. }) if !value.is_empty() => *ca = Some(value.into()),
                ("ca", MySqlPlace::Server { .. }) => return Err(form.tls_by_option("ca")),
                ("tls", _) => return Err(form.tls_by_option("tls")),
                // The name alone: a value may be a secret that was meant for elsewhere.
                _ => {
                    return Err(ParseStoreUrlError::Option {
                        found: clipped(name),
                        expected: form.options,
                    });
                }
            }
            if seen.contains(&name) {
                return Err(ParseStoreUrlError::Repeated {
                    option: name.to_owned(),
                });
            }
            seen.push(name);
        }
        let connect_ms = connect_ms.unwrap_or(1_000.min(timeout_ms));
        self.connect = part_of_timeout("connect_ms", connect_ms, timeout_ms)?;
        self.timeout = Duration::from_millis(timeout_ms.into());
        Ok(())
    }
}

impl MySqlPlace {
    fn fmt_address(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { host, port } | Self::Tls { host, port, .. } => fmt_host(f, host, *port),
            Self::Socket(path) => write!(f, "{}", crate::shown::Plain::of(path as &Path)),
        }
    }
}

impl fmt::Display for MySqlUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.place {
            MySqlPlace::Server { .. } => "mysql://",
            MySqlPlace::Tls { .. } => "mysqls://",
            MySqlPlace::Socket(_) => "mysql+unix://",
        })?;
        if let Some(user) = &self.user {
            write!(f, "{}@", user.escape_default())?;
        }
        self.place.fmt_address(f)?;
        match self.place {
            MySqlPlace::Socket(_) => write!(f, "?db={}", self.database),
            _ => write!(f, "/{}", self.database),
        }
    }
}

#[cfg(test)]
mod tests;
