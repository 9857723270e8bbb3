//! Why nothing was issued.

use tracking_core::{AllocateError, TrackingNumber};

use crate::error::LedgerError;
use crate::recording::RecordingError;

/// Why nothing was issued.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// No number could be had.
    #[error(transparent)]
    Allocate(#[from] AllocateError),
    /// The ledger could not be asked, or did not record.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// It cannot be recorded: too many numbers for one request, or a clock out of its bounds.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// The idempotency key was used for another request.
    #[error(
        "the idempotency key was used for another request: expected the same order, route and count; take a new key for a new request"
    )]
    KeyReused,
    /// The time was over while another request with the same idempotency key was under way here: waited for, or being
    /// committed. What becomes of that one is answered to this one, too, when it is asked again.
    #[error(
        "another request with the idempotency key is still under way: ask again with the same key"
    )]
    KeyUnderWay,
    /// The time was over.
    #[error("neither the store nor the ledger answered in time")]
    TooLate,
    /// The ledger has these numbers already, and others in their place, too: they were issued twice.
    #[error(
        "the ledger has numbers such as {number} already, which were issued a second time; is the series in two places at once, or was its store put back?"
    )]
    Collided {
        /// One of them.
        number: TrackingNumber,
    },
}
