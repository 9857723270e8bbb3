//! What goes wrong with a series in a MySQL, and how it is told.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::mysql::{Fault, RefusalKind};
use crate::remedy::{Remedy, StoreKind};
use crate::store::allocator::AllocateError;
use crate::store::fault::SeriesFault;
use crate::store::timeline::History;
use crate::store::turn::Busy;

/// Why a call to a MySQL has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum MySqlFault {
    #[error(transparent)]
    Server(#[from] Fault),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Series(#[from] SeriesFault),
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
    #[error("the system has no random bits for the row's nonce: {0}")]
    NoRandomBits(Arc<io::Error>),
}

impl MySqlFault {
    /// Whether it is a server's that was found, or the series', and stays until somebody acts.
    pub(super) fn lasts(&self) -> bool {
        match self {
            Self::Server(fault) => fault.lasts(),
            Self::Series(fault) => fault.lasts(),
            Self::Alternating { .. } | Self::Corrupt { .. } => true,
            Self::Busy(_) | Self::Outrun { .. } | Self::NoRandomBits(_) => false,
        }
    }

    /// What can be done about it, where a program has a way of its own for that.
    fn remedy(&self) -> Option<Remedy> {
        match (self, self.refusal()) {
            (
                _,
                Some(RefusalKind::WrongPassword | RefusalKind::NoLogin | RefusalKind::OtherLogin),
            ) => Some(Remedy::GivePassword(StoreKind::MySql)),
            (Self::Corrupt { .. }, _) => Some(Remedy::RestoreSeries),
            _ => None,
        }
    }

    /// The kind of what the server refused.
    pub(super) fn refusal(&self) -> Option<RefusalKind> {
        match self {
            Self::Server(fault) => fault.refusal(),
            _ => None,
        }
    }

    /// Whether the server may have done what it was asked for.
    pub(super) fn is_of_unknown_fate(&self) -> bool {
        matches!(self, Self::Server(fault) if fault.is_of_unknown_fate())
    }

    /// As the error of an allocator.
    pub(super) fn into_error(self, store: impl std::fmt::Display) -> AllocateError {
        let (lasts, remedy) = (self.lasts(), self.remedy());
        AllocateError::of_fault(store, self, lasts, remedy)
    }
}
