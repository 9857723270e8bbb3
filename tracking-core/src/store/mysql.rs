//! An allocator that keeps its state in MySQL or MariaDB, shared by all hosts that reach it.
//!
//! One row for each series holds its record and its timeline, and a nonce that every write replaces. No
//! lock is held over the network: a reservation reads the row, the server's clock and its identity in one
//! statement, steps the timeline here, and writes in another, `UPDATE … WHERE nonce = …`, whose count of
//! rows alone decides. Whoever comes second writes nothing, and reads again.
//!
//! ```text
//!   mysql.rs ─┬─► update ───┬─► table ────► client ────► crate::mysql
//!             └─► open ─────┘   its rows    one call     connections, which end with their call
//! ```
//!
//! # Who holds the state
//! The history is the server's `server_uuid` (MySQL) or `server_uid` (MariaDB, which derives it from a MAC
//! address and the port, and older ones have none), with `server_id`, host name and port: a copied data
//! folder has the UUID of the one that it was copied from, and containers may share all but the port. The
//! write asks for it again, so that a proxy that sends reads to one server and writes to another has nothing
//! granted. Two servers that take turns at one state are an error that names both (`mysql/histories.rs`).
//!
//! # An older row in the place of a living one
//! It is noticed by every process that has seen more, which then takes another lane behind a fence: the
//! nonce differs, and the state knows less. What remains is exception (c) of the promise: a process that has
//! seen nothing yet goes on in that older state, and repeats what was granted in the same 10 ms. And where a
//! row is taken away and put back between the read and the write of one reservation, with another grant
//! between, that write finds its nonce again; it is abandoned after the time-out, so this lasts no longer.
//!
//! # Replies of unknown fate
//! They are never waited for twice: whatever goes wrong, the connection is dropped, and what may have been
//! reserved is lost, which costs a gap (see `mysql/client.rs`).

use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::clock::{Clock, SystemClock};
use crate::fork::PerProcess;
use crate::mysql::Login;
use crate::series::Series;
use crate::series::opening::{OpenError, SeriesOptions};
use crate::store::allocator::{AllocateError, Allocator};
use crate::store::clocks::Clocks;
use crate::store::keep::{Step, Store};
use crate::store::snapshot::Snapshot;
use crate::store::store_allocator::StoreAllocator;
use crate::store::url::MySqlUrl;
use crate::store::warning::StoreWarning;

mod client;
mod fault;
mod health;
mod histories;
mod names;
mod open;
mod purpose;
mod row;
mod table;
mod update;

use client::Client;
pub use health::MySqlWarning;
use histories::Histories;
pub(crate) use open::series_names;

/// Store URLs `mysql:`, `mysqls:` and `mysql+unix:`.
///
/// All hosts that reach the database share its series, and stay apart through restarts, failovers, lost
/// data and split brains, as the crate's promise says. One connection serves all threads in turn, since a
/// reservation is rare. MariaDB 10.6 or newer, on which it is tested, or MySQL 8.0.
///
/// The series is created only where that was asked for: see [`Opening`](crate::Opening). Where it vanishes
/// while this runs, the next reservation writes it back, says so in the log (crate `tracing`) and in
/// [`warnings`](crate::OpenStore::warnings), and waits out the fence.
///
/// A reservation is durable once the server says so: with `innodb_flush_log_at_trx_commit=1`, and where it
/// has a binary log `sync_binlog=1`. A server that loses its last second in a power cut has lost state, and
/// the fence keeps what is granted later apart from that.
///
/// # Rights
/// `GRANT SELECT, INSERT, UPDATE, CREATE ON DB.tracking_series TO 'USER'@'HOST'`. `CREATE` makes the table,
/// when the first series is created; `INSERT` creates a series, or writes one back that vanished.
///
/// # MySQL 8 beside MariaDB
/// The server's identity (above). `sync_binlog` is 1 unless somebody changed it, where MariaDB has 0. The
/// login is `caching_sha2_password`, which without TLS asks the server for a key to encrypt the password
/// with, and so trusts the network. `super_read_only` counts as `read_only`.
pub type MySqlAllocator = StoreAllocator<MySqlStore>;

/// Keeps the state of a [`MySqlAllocator`].
pub struct MySqlStore {
    client: Client,
    series: Series,
    clock: Arc<dyn Clock>,
    clocks: Clocks,
    histories: PerProcess<Mutex<Histories>>,
    warnings: Vec<MySqlWarning>,
    written_back: AtomicU64,
    is_new: bool,
    /// The statement that writes: tests put others in its place.
    swap: &'static str,
}

impl MySqlAllocator {
    /// Open the series of a database, or create it where that is asked for.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(url: &MySqlUrl, options: &SeriesOptions) -> Result<Self, OpenError> {
        Self::open_with_clock(url, options, Arc::new(SystemClock))
    }

    /// The same with a given clock as this host's.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_with_clock(
        url: &MySqlUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_over(url, options, clock, None)
    }

    /// The same over sessions that a simulation brings.
    ///
    /// # Errors
    /// See [`OpenError`].
    #[doc(hidden)]
    pub fn open_over(
        url: &MySqlUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
        login: Option<Arc<dyn Login>>,
    ) -> Result<Self, OpenError> {
        let store = open::open(url, options, clock, login)?;
        let series = store.series.clone();
        let allocator = Self::over(store, series);
        if allocator.store().is_new {
            // The first step makes the timeline, and grants nothing yet: so its lanes are told
            // from used ones by the series' age, and its fence passes while the caller gets going.
            // Should it fail, the next reservation is the first.
            let _ = allocator.reserve(NonZeroU32::MIN);
        }
        Ok(allocator)
    }
}

impl MySqlStore {
    /// What an operator should know: what was found when the series was opened, and what has shown since.
    pub fn mysql_warnings(&self) -> Vec<MySqlWarning> {
        let mut warnings = self.warnings.clone();
        let clock = self.clocks.notable();
        warnings.extend(clock.map(|ahead_ms| MySqlWarning::Clock { ahead_ms }));
        // A count for a message: nothing is ordered by it.
        let times = self.written_back.load(Ordering::Relaxed);
        warnings.extend((times > 0).then_some(MySqlWarning::WrittenBack { times }));
        warnings
    }
}

impl Store for MySqlStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        self.take_step(step).map_err(|fault| fault.into_error(self))
    }

    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        self.look().map_err(|fault| fault.into_error(self))
    }

    fn warnings(&self) -> Vec<StoreWarning> {
        let warning = |found: MySqlWarning| StoreWarning::new(found.to_string(), None);
        self.mysql_warnings().into_iter().map(warning).collect()
    }

    fn is_new(&self) -> bool {
        self.is_new
    }
}

impl fmt::Display for MySqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.url().fmt(f)
    }
}

impl fmt::Debug for MySqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlStore")
            .field("url", self.client.url())
            .field("series", &self.series)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
