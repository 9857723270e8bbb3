//! Why a server gave no answer, and how that is told.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mysql::DriverError;

use crate::shown::Plain;
use crate::store::url::MySqlUrl;

use super::purpose::Purpose;
use super::refusal::{Refusal, RefusalKind};

/// Why a server gave no answer. What a fault was caused by is in its own text, and so is no source of it: a chain
/// of errors would print it twice.
#[derive(Debug, Clone, thiserror::Error)]
#[expect(missing_docs, reason = "each text says what its fields are")]
pub enum Fault {
    #[error("cannot connect to {address}: {cause}")]
    Connect { address: String, cause: String },
    #[error("{address} took no connection and no login within {} ms", within.as_millis())]
    ConnectTimeout { address: String, within: Duration },
    #[error("cannot read the certificates of {}: {cause}", Plain::of(path))]
    Certificates {
        path: PathBuf,
        cause: Arc<io::Error>,
    },
    #[error("no agreement on TLS with {address}: {cause}")]
    Tls { address: String, cause: String },
    #[error(
        "{address} offers no TLS; turn it on there (ssl_cert, ssl_key), or name it with mysql:// where the way to it is safe"
    )]
    NoTls { address: String },
    #[error("{attempts} attempts to connect still wait for the network or for name resolution")]
    Crowded { attempts: usize },
    #[error("{address} did not answer within {} ms; {unanswered}", within.as_millis())]
    NoAnswer {
        address: String,
        within: Duration,
        unanswered: &'static str,
    },
    #[error("the connection to {address} broke; {unanswered}: {cause}")]
    Broken {
        address: String,
        cause: String,
        unanswered: &'static str,
    },
    #[error("no time was left of {} ms", within.as_millis())]
    TooLate { within: Duration },
    #[error("{address} gave an answer that is none to what was asked: {found}")]
    Garbled { address: String, found: String },
    #[error("{address}: {refusal}")]
    Refused { address: String, refusal: Refusal },
    #[error("{address} is read-only, as a replica is; name the server that takes writes")]
    ReadOnly { address: String },
    #[error("{address} runs {kind} {version}; MariaDB 10.6 or newer is needed, or MySQL 8.0")]
    TooOld {
        address: String,
        kind: &'static str,
        version: String,
    },
    #[error(
        "{address} is a node of a Galera cluster (wsrep_on), where {since}; name the one node that all write to, and vouch for that with ?galera=one-writer"
    )]
    Galera {
        address: String,
        since: &'static str,
    },
}

impl Fault {
    /// Whether it is the server's, or its URL's, and stays until somebody acts.
    pub fn lasts(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.kind().lasts(),
            Self::Certificates { .. } | Self::Tls { .. } | Self::NoTls { .. } => true,
            _ => self.is_unfit(),
        }
    }

    /// Whether the server is one that will never do.
    pub fn is_unfit(&self) -> bool {
        matches!(self, Self::TooOld { .. } | Self::Galera { .. })
    }

    /// The kind of what the server refused.
    pub fn refusal(&self) -> Option<RefusalKind> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal.kind()),
            _ => None,
        }
    }

    /// Whether the server may have done what it was asked for.
    pub fn is_of_unknown_fate(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. } | Self::NoAnswer { .. } | Self::Garbled { .. }
        )
    }

    /// Whether the connection is no more, which tells nothing about a new one. One that hangs is another matter: a
    /// new one would hang as long.
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Broken { .. } => true,
            Self::Refused { refusal, .. } => {
                matches!(refusal.kind(), RefusalKind::Stopping | RefusalKind::Ended)
            }
            _ => false,
        }
    }

    /// What an error of the driver means.
    pub(super) fn of(url: &MySqlUrl, purpose: &Purpose, error: mysql::Error) -> Self {
        let address = url.address();
        match error {
            mysql::Error::IoError(error) => Self::of_socket(url, purpose, &error),
            mysql::Error::CodecError(error) => {
                match error.source().and_then(|e| e.downcast_ref()) {
                    Some(error) => Self::of_socket(url, purpose, error),
                    None => Self::Garbled {
                        address,
                        found: error.to_string(),
                    },
                }
            }
            mysql::Error::MySqlError(error) => {
                let refusal = Refusal::of(error.code, &error.message, url, &purpose.words);
                match refusal.kind() {
                    RefusalKind::ReadOnly => Self::ReadOnly { address },
                    _ => Self::Refused { address, refusal },
                }
            }
            mysql::Error::DriverError(DriverError::ConnectTimeout) => Self::ConnectTimeout {
                address,
                within: url.connect_timeout(),
            },
            mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, cause, _)))) => {
                Self::Connect { address, cause }
            }
            mysql::Error::DriverError(DriverError::TlsNotSupported) => Self::NoTls { address },
            mysql::Error::DriverError(DriverError::UnknownAuthPlugin(plugin)) => Self::Refused {
                address,
                refusal: Refusal::of_plugin(&plugin, url, &purpose.words),
            },
            mysql::Error::TlsError(error) => Self::Tls {
                address,
                cause: error.to_string(),
            },
            error => Self::Garbled {
                address,
                found: error.to_string(),
            },
        }
    }

    fn of_socket(url: &MySqlUrl, purpose: &Purpose, error: &io::Error) -> Self {
        let (address, unanswered) = (url.address(), purpose.words.unanswered);
        let cause = error.to_string();
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::NoAnswer {
                address,
                within: url.timeout(),
                unanswered,
            },
            _ if error
                .get_ref()
                .is_some_and(|inner| inner.is::<rustls::Error>()) =>
            {
                Self::Tls { address, cause }
            }
            _ => Self::Broken {
                address,
                cause,
                unanswered,
            },
        }
    }
}
