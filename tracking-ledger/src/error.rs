//! Why a ledger could not do what it was asked.

use std::error::Error;
use std::sync::Arc;

/// Why a ledger could not do what it was asked. Cloned for each caller that waited for the same commit.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It is gone, read-only, full, hanging or overloaded. Nothing is known to be recorded; it may be asked again,
    /// and goes on by itself.
    #[error("the ledger {ledger} cannot be used now: {what}")]
    Unavailable {
        /// Which ledger, without a password.
        ledger: Arc<str>,
        /// What failed.
        what: Arc<str>,
        /// What its driver says.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },
    /// It cannot be a ledger as it is set up. Asking again does not help.
    #[error("the ledger {ledger} cannot be used: {what}")]
    Refused {
        /// Which ledger, without a password.
        ledger: Arc<str>,
        /// What was expected, what was found, and what to do.
        what: Arc<str>,
    },
    /// A newer version of this program has changed its tables.
    #[error(
        "the ledger {ledger} has schema version {found}, and this program knows up to {known}: use the newer program"
    )]
    NewerSchema {
        /// Which ledger, without a password.
        ledger: Arc<str>,
        /// The version of its tables.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// What it holds cannot be read: somebody else wrote to its tables.
    #[error("the ledger {ledger} holds what this program did not write: {what}")]
    Damaged {
        /// Which ledger, without a password.
        ledger: Arc<str>,
        /// Where, and what was expected.
        what: Arc<str>,
    },
    /// A cursor came with another filter than that of its page.
    #[error(
        "the cursor belongs to a list with another filter: expected the same filter on every page"
    )]
    OtherFilter,
}

impl LedgerError {
    /// Whether it may be asked again.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(crate) fn unavailable(ledger: &str, what: &str) -> Self {
        Self::Unavailable {
            ledger: ledger.into(),
            what: what.into(),
            source: None,
        }
    }
}
