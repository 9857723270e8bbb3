//! A ledger in an SQL database, whichever: all that two of them share. A database brings a [`Backend`].

mod change;
pub(crate) mod connection;
pub(crate) mod failure;
mod idle;
mod ids;
mod keys;
mod read;
mod record;
mod row;
mod schema;
mod sizes;
pub(crate) mod value;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;

use self::connection::{Backend, Connection};
use self::failure::{DbError, Failure, Kind};
use self::idle::Idle;
use self::ids::Ids;
use self::record::{Batch, Doubt};
use crate::entry::{Entry, Imported, OldNumber};
use crate::error::LedgerError;
use crate::key::Claim;
use crate::ledger::{Doubts, Ledger, Prune};
use crate::options::LedgerOptions;
use crate::page::{Cursor, Filter, Page, PageLimit};
use crate::random;
use crate::recording::{KeyState, Recorded, Recording};

/// How often a batch is tried that meets others: each time something is learnt, or another transaction went first.
const ATTEMPTS: u32 = 8;

/// A ledger in a database.
pub(crate) struct SqlLedger<B: Backend> {
    backend: B,
    options: LedgerOptions,
    idle: Idle<B::Connection>,
    ids: Ids,
    doubts: Mutex<(Vec<Doubt>, Doubts)>,
}

impl<B: Backend> SqlLedger<B> {
    /// Connects, and brings the schema up to date.
    pub(crate) fn open(backend: B, options: &LedgerOptions) -> Result<Self, LedgerError> {
        let ledger = Self {
            backend,
            options: options.clone(),
            idle: Idle::default(),
            ids: Ids::default(),
            doubts: Mutex::default(),
        };
        ledger.with(|connection| schema::migrate(connection, &B::DIALECT))?;
        Ok(ledger)
    }

    /// Asks for what else must hold before it is used.
    #[cfg(feature = "mysql")]
    pub(crate) fn check(
        &self,
        check: impl Fn(&mut B::Connection) -> Result<(), Failure>,
    ) -> Result<(), LedgerError> {
        self.with(check)
    }

    /// Does something in a call of its own.
    fn with<T>(
        &self,
        work: impl Fn(&mut B::Connection) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        self.with_since(Instant::now(), work)
    }

    /// Does something, in a call that began then, on a connection of its own, which is kept for the next if all went
    /// well.
    fn with_since<T>(
        &self,
        began: Instant,
        work: impl Fn(&mut B::Connection) -> Result<T, Failure>,
    ) -> Result<T, LedgerError> {
        let idle = self.idle.take();
        let was_idle = idle.is_some();
        let attempt = |connection: Option<B::Connection>| {
            let mut connection = connection.map_or_else(|| self.backend.connect(began), Ok)?;
            connection.call_began(began);
            let done = work(&mut connection)?;
            self.idle.put(connection);
            Ok(done)
        };
        let done = match attempt(idle) {
            // Its server went away while nobody used it, and nothing was committed: the others are gone, too.
            Err(Failure::Db(DbError {
                kind: Kind::Gone, ..
            })) if was_idle => {
                self.idle.clear();
                attempt(None)
            }
            other => other,
        };
        done.map_err(|failure| {
            self.idle.clear();
            self.named(failure)
        })
    }

    /// Reads again what became of batches whose commit failed.
    fn settle(&self, connection: &mut B::Connection) -> Result<(), Failure> {
        let doubts = self.in_doubt().0.clone();
        if doubts.is_empty() {
            return Ok(());
        }
        let numbers: Vec<TrackingNumber> = doubts.iter().map(|(number, _)| *number).collect();
        let holders = record::holders(connection, &numbers)?;
        let is_there = |(number, identity): &&Doubt| holders.get(number) == Some(identity);
        let recorded = doubts.iter().filter(is_there).count() as u64;
        let mut known = self.in_doubt();
        known.0.retain(|doubt| !doubts.contains(doubt));
        known.1.recorded += recorded;
        known.1.lost += doubts.len() as u64 - recorded;
        Ok(())
    }

    fn in_doubt(&self) -> MutexGuard<'_, (Vec<Doubt>, Doubts)> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn named(&self, failure: Failure) -> LedgerError {
        let ledger: Arc<str> = self.backend.to_string().into();
        match failure {
            Failure::Db(error) | Failure::Commit(error) => LedgerError::Unavailable {
                ledger,
                what: error.source.to_string().into(),
                source: Some(error.source),
            },
            Failure::Refused(what) => LedgerError::Refused {
                ledger,
                what: what.into(),
            },
            Failure::Newer { found, known } => LedgerError::NewerSchema {
                ledger,
                found,
                known,
            },
            Failure::Damaged(what) => LedgerError::Damaged {
                ledger,
                what: what.into(),
            },
        }
    }
}

impl<B: Backend> Ledger for SqlLedger<B> {
    fn record(&self, recordings: &[Recording]) -> Result<Vec<Recorded>, LedgerError> {
        let (began, batch) = (Instant::now(), Mutex::new(Batch::new(recordings)));
        for _ in 0..ATTEMPTS {
            self.with_since(began, |connection| {
                self.settle(connection)?;
                let mut batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
                let doubt = |rows| self.in_doubt().0.extend::<Vec<Doubt>>(rows);
                batch.attempt::<B>(connection, &self.options, &self.ids, doubt)
            })?;
            let batch = batch.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(outcomes) = batch.outcomes() {
                return Ok(outcomes);
            }
        }
        let what = "others recorded the same at the same time, again and again";
        Err(LedgerError::unavailable(&self.to_string(), what))
    }

    fn replay(&self, claim: &Claim) -> Result<KeyState, LedgerError> {
        self.with(|connection| keys::replay(connection, &B::DIALECT, claim))
    }

    fn find(&self, number: TrackingNumber) -> Result<Option<Entry>, LedgerError> {
        self.with(|connection| read::find(connection, number))
    }

    fn list(
        &self,
        filter: &Filter,
        cursor: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, LedgerError> {
        if cursor.is_some_and(|cursor| !cursor.is_of(filter)) {
            return Err(LedgerError::OtherFilter);
        }
        self.with(|connection| read::list(connection, filter, cursor, limit))
    }

    fn erase(&self, customer_id: CustomerId) -> Result<u64, LedgerError> {
        self.with(|connection| change::erase(connection, customer_id))
    }

    fn prune(&self, before_ms: i64, what: Prune) -> Result<u64, LedgerError> {
        self.with(|connection| change::prune(connection, before_ms, what))
    }

    fn import(&self, numbers: &[OldNumber]) -> Result<Imported, LedgerError> {
        let mut sum = Imported::default();
        for part in numbers.chunks(change::ROWS) {
            let (began, mut attempts) = (Instant::now(), ATTEMPTS);
            let imported = loop {
                // A millisecond has ids for two million rows, and old numbers may all be of the same one: what finds
                // no room goes to those after it.
                let later_ms = random::number() as u32 % (1 << (ATTEMPTS - attempts));
                let imported = self.with_since(began, |connection| {
                    match change::import(connection, &self.ids, part, later_ms) {
                        // Somebody imports or issues the same, or an id met another.
                        Err(Failure::Db(error))
                            if matches!(error.kind, Kind::Duplicate | Kind::Conflict) =>
                        {
                            self.ids.jump();
                            connection.rollback()?;
                            Ok(None)
                        }
                        other => other.map(Some),
                    }
                })?;
                attempts -= 1;
                match imported {
                    Some(imported) => break imported,
                    None if attempts > 0 => {}
                    None => {
                        let what =
                            "others record the same numbers at the same time, again and again";
                        return Err(LedgerError::unavailable(&self.to_string(), what));
                    }
                }
            };
            sum.added += imported.added;
            sum.known += imported.known;
        }
        Ok(sum)
    }

    fn sweep(&self) -> Result<u64, LedgerError> {
        self.with(|connection| change::sweep(connection, &B::DIALECT))
    }

    fn probe(&self) -> Result<(), LedgerError> {
        for _ in 0..ATTEMPTS {
            let is_written = self.with(|connection| {
                match keys::probe(connection, &B::DIALECT) {
                    // Another one probes, or sweeps.
                    Err(Failure::Db(error)) if error.kind == Kind::Conflict => {
                        connection.rollback()?;
                        Ok(false)
                    }
                    other => other.map(|()| true),
                }
            })?;
            if is_written {
                return Ok(());
            }
        }
        let what = "others wrote at the same time, again and again";
        Err(LedgerError::unavailable(&self.to_string(), what))
    }

    fn warnings(&self) -> Result<Vec<String>, LedgerError> {
        self.with(|connection| self.backend.warnings(connection))
    }

    fn doubts(&self) -> Doubts {
        self.in_doubt().1
    }
}

impl<B: Backend> fmt::Debug for SqlLedger<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlLedger")
            .field("backend", &self.backend)
            .field("options", &self.options)
            .field("doubts", &self.in_doubt().1)
            .finish_non_exhaustive()
    }
}

impl<B: Backend> fmt::Display for SqlLedger<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.backend)
    }
}
