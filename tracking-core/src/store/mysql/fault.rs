//! What goes wrong with a MySQL, and how it is told.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::number::prefix::Prefix;
use crate::remedy::{Remedy, StoreKind};
use crate::series::opening::of_fingerprint;
use crate::series::{Fingerprint, SeriesName};
use crate::shown::Plain;
use crate::store::allocator::AllocateError;
use crate::store::timeline::History;
use crate::store::turn::Busy;

use super::refusal::{Refusal, RefusalKind};

/// Why a call to a MySQL has no answer. What a fault was caused by is in its own text, and so is no source
/// of it: a chain of errors would print it twice.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum MySqlFault {
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
    #[error("{statements} statements still wait for the network or for name resolution")]
    Crowded { statements: usize },
    #[error(
        "{address} did not answer within {} ms; what was asked of it is abandoned, with the serials that it may have reserved",
        within.as_millis()
    )]
    NoAnswer { address: String, within: Duration },
    #[error(
        "the connection to {address} broke; what was asked of it is abandoned, with the serials that it may have reserved: {cause}"
    )]
    Broken { address: String, cause: String },
    #[error("no time was left of {} ms", within.as_millis())]
    TooLate { within: Duration },
    #[error(transparent)]
    Busy(#[from] Busy),
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
        "{address} is a node of a Galera cluster (wsrep_on), where what two nodes write at once may be lost; name the one node that all write to, and vouch for that with ?galera=one-writer"
    )]
    Galera { address: String },
    #[error(
        "two servers hold the series' state by turns, within 10 s: `{asked}`, which was asked, and `{other}`; nothing is granted while they do. Let all processes name one of them, and no proxy that sends to either"
    )]
    Alternating { asked: History, other: History },
    #[error(
        "others changed the series' row first, {times} times within {} ms; where no others are, a proxy may send what is written elsewhere than what is read",
        within.as_millis()
    )]
    Outrun { times: u32, within: Duration },
    #[error(
        "the column `{column}` of the series' row is not as this version of tracking writes it; nothing is granted from it. Was it changed by hand, or by a newer version? To start over with the same numbers' key, save that (`SELECT series_key FROM tracking_series`), delete the row, and restore the series from its key"
    )]
    Corrupt { column: &'static str },
    #[error(
        "expected the series with fingerprint {expected}, found {found}; somebody replaced it while this program ran, so nothing more is granted"
    )]
    Foreign {
        expected: Fingerprint,
        found: String,
    },
    #[error(
        "the series is gone, and cannot be written back, since the series `{taken_by}`{} now has its prefix {:?}",
        of_fingerprint(fingerprint), prefix.as_str()
    )]
    PrefixTaken {
        prefix: Prefix,
        taken_by: SeriesName,
        fingerprint: Option<String>,
    },
    #[error("the series vanished again as soon as it was written back")]
    Missing,
}

impl MySqlFault {
    /// Whether it is a server's that was found, or the series', and stays until somebody acts.
    pub(super) fn lasts(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.kind.lasts(),
            Self::Certificates { .. }
            | Self::Tls { .. }
            | Self::NoTls { .. }
            | Self::TooOld { .. }
            | Self::Galera { .. }
            | Self::Alternating { .. }
            | Self::Corrupt { .. }
            | Self::Foreign { .. }
            | Self::PrefixTaken { .. } => true,
            _ => false,
        }
    }

    /// What can be done about it, where a program has a way of its own for that.
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Refused { refusal, .. } => match refusal.kind {
                RefusalKind::WrongPassword | RefusalKind::NoLogin => {
                    Some(Remedy::GivePassword(StoreKind::MySql))
                }
                _ => None,
            },
            Self::Corrupt { .. } => Some(Remedy::RestoreSeries),
            _ => None,
        }
    }

    /// The kind of what the server refused.
    pub(super) fn refusal(&self) -> Option<RefusalKind> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal.kind),
            _ => None,
        }
    }

    /// Whether the server may have done what it was asked for.
    pub(super) fn is_of_unknown_fate(&self) -> bool {
        matches!(
            self,
            Self::Broken { .. } | Self::NoAnswer { .. } | Self::Garbled { .. }
        )
    }

    /// As the error of an allocator.
    pub(super) fn into_error(self, store: impl std::fmt::Display) -> AllocateError {
        let (lasts, remedy) = (self.lasts(), self.remedy());
        AllocateError::of_fault(store, self, lasts, remedy)
    }
}
