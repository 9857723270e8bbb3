//! What every ledger does, whatever it is kept in.

use std::fmt;

use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;

use crate::entry::{Entry, Imported, OldNumber};
use crate::error::LedgerError;
use crate::key::Claim;
use crate::page::{Cursor, Filter, Page, PageLimit};
use crate::recording::{KeyState, Recorded, Recording};

/// A durable record of issued numbers. Its `Display` form is its URL without the password.
///
/// Synchronous: a call may block on a disk or a network, and on a server for no longer than its time-out as a whole;
/// where it takes several transactions, as erasing and pruning do, each of them. Threads share one, and each call takes
/// a connection of its own.
///
/// Every method fails with [`LedgerError::Unavailable`] where the ledger cannot be used now; the next call tries a
/// new connection.
pub trait Ledger: fmt::Debug + fmt::Display + Send + Sync {
    /// Records all of a batch in one transaction, keys among it, and says what became of each recording, in their
    /// order. Durable before it returns.
    ///
    /// A recording is recorded whole or not at all; one that is refused (a key that was used, a number that is
    /// there) takes none of the others with it. Two with the same key: the first is recorded, the second replayed.
    /// One that is recorded a second time, itself or its clone, is [`New`](Recorded::New) again.
    ///
    /// # Errors
    /// [`LedgerError`]. What became of the batch is unknown only if the commit itself failed; it is looked up before
    /// the next batch is recorded, and counted in [`doubts`](Self::doubts).
    fn record(&self, batch: &[Recording]) -> Result<Vec<Recorded>, LedgerError>;

    /// What is known of a key. Asked before a number is taken, so that none is spent on a request that was answered.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn replay(&self, claim: &Claim) -> Result<KeyState, LedgerError>;

    /// The entry of a number.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn find(&self, number: TrackingNumber) -> Result<Option<Entry>, LedgerError>;

    /// A page of entries, newest first. It looks at 10,000 entries at most, and may then be short.
    ///
    /// Between two pages nothing older than 5 s is lost or repeated, whatever is recorded or pruned meanwhile.
    ///
    /// # Errors
    /// [`LedgerError::OtherFilter`] for a cursor of another filter; else [`LedgerError`].
    fn list(
        &self,
        filter: &Filter,
        cursor: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, LedgerError>;

    /// Takes out what tells who a customer is, in every entry of theirs: id, name, slug, reference, request id. The
    /// numbers stay. How many entries that was. Keys keep their numbers and fingerprints until their time is over.
    ///
    /// It works in transactions of at most 1,000 entries: after an error some may be done, and asking again goes on.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn erase(&self, customer_id: CustomerId) -> Result<u64, LedgerError>;

    /// Takes out of entries that were issued before a time (milliseconds since 1970-01-01T00:00:00Z) what
    /// [`erase`](Self::erase) takes out, or deletes them. Imported numbers are never deleted. How many were changed.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn prune(&self, before_ms: i64, what: Prune) -> Result<u64, LedgerError>;

    /// Takes old numbers in. To import one again changes nothing. Any count: it works in transactions of at most
    /// 1,000 numbers.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn import(&self, numbers: &[OldNumber]) -> Result<Imported, LedgerError>;

    /// Deletes keys whose time is over, at most 1,000. How many that were.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn sweep(&self) -> Result<u64, LedgerError>;

    /// Whether it would record now: it writes a row of its own, durably, as a batch is. No entry and no key of anybody
    /// is touched.
    ///
    /// A disk that is full shows by this where the row has no room; some databases have that kept, and then the next
    /// batch tells.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn probe(&self) -> Result<(), LedgerError>;

    /// What an operator should know: settings by which a crash could lose what was recorded, a password sent in the
    /// clear. A sentence each; none where all is well.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn warnings(&self) -> Result<Vec<String>, LedgerError>;

    /// What became of batches whose commit failed.
    fn doubts(&self) -> Doubts;
}

/// What [`prune`](Ledger::prune) does with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// Keeps it, without what tells who the customer is.
    PersonalData,
    /// Deletes it, unless it was imported.
    Rows,
}

/// Numbers of batches whose commit failed, by what was found afterwards. Their callers have got an error; none of
/// these numbers was given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// They were recorded all the same.
    pub recorded: u64,
    /// They were not, when that was looked up. A commit that hangs in its server may yet be done.
    pub lost: u64,
}
