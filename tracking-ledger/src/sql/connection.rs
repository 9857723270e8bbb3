//! What a database must offer, in this crate's own words.

use std::fmt;
use std::time::Instant;

use super::failure::{DbError, Failure};
use super::value::Value;

/// A database, and how to connect to it.
pub(crate) trait Backend: fmt::Debug + fmt::Display + Send + Sync {
    type Connection: Connection;

    /// What its SQL says otherwise than others'.
    const DIALECT: Dialect;

    /// A connection with every setting that a ledger relies on made, and read back where that can differ; for a call
    /// that began then.
    fn connect(&self, began: Instant) -> Result<Self::Connection, Failure>;

    /// What an operator should know.
    fn warnings(&self, connection: &mut Self::Connection) -> Result<Vec<String>, Failure>;
}

/// One session, used by one thread at a time. It is dropped after any error that a roll-back does not end.
pub(crate) trait Connection: Send {
    /// From now on it serves a call that began then, and is over within the time-out, if a server has to be waited
    /// for. A call of several transactions begins anew with each.
    fn call_began(&mut self, _at: Instant) {}
    /// Begins a transaction that may write, and waits for no longer than the time-out to do so.
    fn begin(&mut self) -> Result<(), DbError>;
    /// After an error, nobody knows whether it happened.
    fn commit(&mut self) -> Result<(), DbError>;
    fn rollback(&mut self) -> Result<(), DbError>;
    /// How many rows were changed.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError>;
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError>;
    /// Lets nobody else change the schema until `unlock_schema`, or the connection's end.
    fn lock_schema(&mut self) -> Result<(), DbError> {
        Ok(())
    }
    fn unlock_schema(&mut self) -> Result<(), DbError> {
        Ok(())
    }
    /// Clears what erased rows left behind outside the tables.
    fn scrub(&mut self) -> Result<(), DbError> {
        Ok(())
    }
}

/// What one database's SQL says otherwise than another's.
pub(crate) struct Dialect {
    /// The schema's steps, each one statement that may run again. Never changed once published: only added to.
    pub(crate) steps: &'static [&'static str],
    /// The time as milliseconds since 1970.
    pub(crate) now_ms: &'static str,
    /// What follows the rows of an INSERT of keys, so that a key whose time is over is written over, and another
    /// stays. `{now}` is a number.
    pub(crate) claim: &'static str,
    /// `INSERT` that leaves a row that is there.
    pub(crate) insert_or_ignore: &'static str,
}
