//! What goes wrong with a database, in this crate's own words.

use std::error::Error;
use std::sync::Arc;

/// What kind of error it is, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A unique index refused a row.
    Duplicate,
    /// The transaction met another, and may be tried again at once: it is rolled back.
    Conflict,
    /// The connection was gone before anything was asked.
    Gone,
    /// Anything else.
    Other,
}

/// What a driver says.
#[derive(Clone, Debug)]
pub(crate) struct DbError {
    pub(crate) kind: Kind,
    pub(crate) source: Arc<dyn Error + Send + Sync>,
}

impl DbError {
    pub(crate) fn new(kind: Kind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            source: source.into().into(),
        }
    }
}

/// Why something did not work, before it is known which ledger it is.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The database says so.
    Db(DbError),
    /// The commit failed, and may have happened.
    Commit(DbError),
    /// It is not set up as a ledger must be.
    Refused(String),
    /// A newer schema.
    Newer { found: u32, known: u32 },
    /// A row that this program did not write.
    Damaged(String),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}
