//! What goes wrong with a Redis, and how it is told.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::remedy::{Remedy, StoreKind};
use crate::shown::Plain;
use crate::store::allocator::AllocateError;
use crate::store::fault::SeriesFault;
use crate::store::turn::Busy;

use super::refusal::{Refusal, RefusalKind};

/// Why a call to a Redis has no answer. What a fault was caused by is in its own text, and so is no
/// source of it: a chain of errors would print it twice.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum RedisFault {
    #[error("cannot connect to {address}: {cause}")]
    Connect {
        address: String,
        cause: Arc<dyn Error + Send + Sync>,
    },
    #[error("{address} took no connection within {} ms", within.as_millis())]
    ConnectTimeout { address: String, within: Duration },
    #[error("cannot read the certificates of {}: {cause}", Plain::of(path))]
    Certificates {
        path: PathBuf,
        cause: Arc<io::Error>,
    },
    #[error("{attempts} attempts to connect still wait for the network or for name resolution")]
    Crowded { attempts: usize },
    #[error(
        "{address} did not answer within {} ms; what was asked of it is abandoned, with the serials that it may have reserved",
        within.as_millis()
    )]
    NoAnswer { address: String, within: Duration },
    #[error(
        "the connection to {address} broke; what was asked of it is abandoned, with the serials that it may have reserved: {cause}"
    )]
    Broken {
        address: String,
        cause: Arc<io::Error>,
    },
    #[error("no time was left of {} ms", within.as_millis())]
    TooLate { within: Duration },
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error("{address} gave an answer that is none to what was asked: {found}")]
    Garbled { address: String, found: String },
    #[error(
        "{address} gave an answer of more than {} bytes, where far fewer are expected; is it a Redis?",
        super::reply::MOST
    )]
    TooLong { address: String },
    #[error("{address}: {refusal}")]
    Refused { address: String, refusal: Refusal },
    #[error(
        "{address} is a read-only replica; name its primary, or use redis+sentinel:// to have it found"
    )]
    Replica { address: String },
    #[error("{address} runs Redis {version}; Redis 5 or newer is needed (or Valkey)")]
    TooOld { address: String, version: String },
    #[error("no Sentinel names a master that can be used: {}", told.join("; "))]
    NoMaster { told: Vec<String> },
    #[error("no node of the cluster can be asked for its slots: {}", told.join("; "))]
    NoNode { told: Vec<String> },
    #[error("the cluster sent the call from node to node {hops} times")]
    Wandering { hops: usize },
    #[error(
        "only {found} of {wanted} replicas had the reservation within {} ms; it is abandoned, with its serials",
        within.as_millis()
    )]
    Replicas {
        wanted: u32,
        found: i64,
        within: Duration,
    },
    #[error("others changed the series first, {times} times; try again while less is reserved")]
    Outrun { times: u32 },
    #[error(
        "the field `{field}` of {key} is not as this version of tracking writes it; nothing is granted from it. Was it changed by hand, or by a newer version? To start over with the same numbers' key, save that (`HGET {key} key`), delete {key}, and restore the series from its key"
    )]
    Corrupt { key: String, field: String },
    #[error(transparent)]
    Series(#[from] SeriesFault),
}

impl RedisFault {
    /// Whether it is a server's that was found, or the series', and stays until somebody acts.
    pub(super) fn lasts(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.kind.lasts(),
            Self::Certificates { .. } | Self::TooOld { .. } | Self::Corrupt { .. } => true,
            Self::Series(fault) => fault.lasts(),
            _ => false,
        }
    }

    /// What can be done about it, where a program has a way of its own for that.
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Refused { refusal, .. } => match refusal.kind {
                RefusalKind::WrongPassword | RefusalKind::NoLogin => {
                    Some(Remedy::GivePassword(StoreKind::Redis))
                }
                _ => None,
            },
            Self::Corrupt { .. } => Some(Remedy::RestoreSeries),
            _ => None,
        }
    }

    /// Whether the server may have done what it was asked for.
    pub(super) fn is_of_unknown_fate(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::NoAnswer { .. })
    }

    /// As the error of an allocator.
    pub(super) fn into_error(self, store: impl std::fmt::Display) -> AllocateError {
        let (lasts, remedy) = (self.lasts(), self.remedy());
        AllocateError::of_fault(store, self, lasts, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_told_twice_in_a_chain() {
        let address = || "h:1".to_owned();
        let refused = || Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused));
        for fault in [
            RedisFault::Connect {
                address: address(),
                cause: refused(),
            },
            RedisFault::Certificates {
                path: "a.pem".into(),
                cause: refused(),
            },
            RedisFault::Broken {
                address: address(),
                cause: refused(),
            },
        ] {
            assert!(
                fault.to_string().ends_with(": connection refused"),
                "{fault}"
            );
            assert!(fault.source().is_none(), "{fault}");
        }
    }
}
