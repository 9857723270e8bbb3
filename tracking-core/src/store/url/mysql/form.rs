//! What each scheme of a MySQL expects behind it.

use super::{LONGEST_NAME, MySqlPlace, PORT};
use crate::store::url::error::{ParseStoreUrlError, clipped};
use crate::store::url::host::parse_host;
use crate::store::url::login::percent_decoded;

const OPTIONS: &str = "connect_ms=N, timeout_ms=N or galera=one-writer";
const OPTIONS_TLS: &str = "ca=FILE, connect_ms=N, timeout_ms=N or galera=one-writer";
const OPTIONS_UNIX: &str = "db=DB, connect_ms=N, timeout_ms=N or galera=one-writer";

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
}

impl Form {
    pub(super) fn of(scheme: &str) -> Self {
        let (kind, expected, options) = match scheme {
            "mysqls" => (
                Kind::Tls,
                "mysqls://[USER[:PASSWORD]@]HOST[:PORT]/DB",
                OPTIONS_TLS,
            ),
            "mysql+unix" => (
                Kind::Socket,
                "mysql+unix://[USER[:PASSWORD]@]/PATH?db=DB",
                OPTIONS_UNIX,
            ),
            _ => (
                Kind::Server,
                "mysql://[USER[:PASSWORD]@]HOST[:PORT]/DB",
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
        ParseStoreUrlError::MySql {
            expected: self.expected,
            part,
            // What stands before an @ may be a password, wherever it got to.
            found: clipped(found.rsplit('@').next().unwrap_or_default()),
        }
    }

    /// That TLS is asked for by an option.
    pub(super) fn tls_by_option(&self, found: &'static str) -> ParseStoreUrlError {
        let scheme = match self.kind {
            Kind::Server => "mysql",
            Kind::Tls => "mysqls",
            Kind::Socket => "mysql+unix",
        };
        ParseStoreUrlError::TlsByOption { found, scheme }
    }

    /// The place, and the database where that is a part of the path.
    pub(super) fn place(
        &self,
        host: &str,
        path: &str,
    ) -> Result<(MySqlPlace, String), ParseStoreUrlError> {
        let steps = path.strip_prefix('/').filter(|steps| !steps.is_empty());
        if let Kind::Socket = self.kind {
            return match steps {
                Some(steps) if host.is_empty() && !steps.ends_with('/') => {
                    Ok((MySqlPlace::Socket(path.into()), String::new()))
                }
                _ => Err(self.error("path", &format!("{host}{path}"))),
            };
        }
        let (host, port) = parse_host(host, PORT).ok_or_else(|| self.error("host", host))?;
        let place = match self.kind {
            Kind::Tls => MySqlPlace::Tls {
                host,
                port,
                ca: None,
            },
            _ => MySqlPlace::Server { host, port },
        };
        Ok((place, self.database(steps.unwrap_or_default())?))
    }

    /// The name of a database, as it may stand unquoted in MySQL, or with a dash.
    pub(super) fn database(&self, text: &str) -> Result<String, ParseStoreUrlError> {
        let shaped = |c: char| c.is_alphanumeric() || "_$-".contains(c);
        percent_decoded(text)
            .filter(|name| (1..=LONGEST_NAME).contains(&name.chars().count()))
            .filter(|name| name.chars().all(shaped))
            .ok_or_else(|| self.error("database", text))
    }
}
