//! A ledger in a file: SQLite, in WAL mode, each commit synced to the disk.

pub(crate) mod connection;
mod place;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rusqlite::OpenFlags;
use tracking_core::shown::Plain;

use self::connection::SqliteConnection;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::options::LedgerOptions;
use crate::sql::SqlLedger;
use crate::sql::connection::{Backend, Dialect};
use crate::sql::failure::{DbError, Failure, Kind};

/// Opens the ledger in a file, which is made if it is missing.
pub(crate) fn open(path: &Path, options: &LedgerOptions) -> Result<Arc<dyn Ledger>, LedgerError> {
    let refused = |what: String| LedgerError::Refused {
        ledger: format!("sqlite:{}", Plain::of(path)).into(),
        what: what.into(),
    };
    // Below it, two connections that reset the WAL at once can damage it.
    let version = rusqlite::version_number();
    if version < 3_051_003 {
        return Err(refused(format!(
            "expected SQLite 3.51.3 or newer, found {}",
            rusqlite::version()
        )));
    }
    let path = place::make(path).map_err(refused)?;
    let ledger = SqlLedger::open(Sqlite { path }, options)?;
    Ok(Arc::new(ledger))
}

#[derive(Debug)]
struct Sqlite {
    /// Absolute: SQLite takes some relative ones for something else than a file.
    path: PathBuf,
}

impl Backend for Sqlite {
    type Connection = SqliteConnection;

    const DIALECT: Dialect = Dialect {
        steps: &[
            "CREATE TABLE IF NOT EXISTS tracking_entries (
                id INTEGER NOT NULL PRIMARY KEY,
                number TEXT NOT NULL UNIQUE,
                identity INTEGER NOT NULL,
                imported INTEGER NOT NULL,
                origin_country_id TEXT,
                destination_country_id TEXT,
                weight_g INTEGER,
                created_at TEXT,
                customer_id BLOB,
                customer_name TEXT,
                customer_slug TEXT,
                reference TEXT,
                token TEXT,
                request_id TEXT
            ) STRICT",
            "CREATE INDEX IF NOT EXISTS tracking_entries_customer
                ON tracking_entries (customer_id) WHERE customer_id IS NOT NULL",
            "CREATE INDEX IF NOT EXISTS tracking_entries_reference
                ON tracking_entries (reference) WHERE reference IS NOT NULL",
            "CREATE INDEX IF NOT EXISTS tracking_entries_request
                ON tracking_entries (request_id) WHERE request_id IS NOT NULL",
            "CREATE TABLE IF NOT EXISTS tracking_keys (
                scope BLOB NOT NULL,
                name BLOB NOT NULL,
                fingerprint BLOB NOT NULL,
                identity INTEGER NOT NULL,
                issued_at_ms INTEGER NOT NULL,
                numbers TEXT NOT NULL,
                expires_at_ms INTEGER NOT NULL,
                PRIMARY KEY (scope, name)
            ) STRICT, WITHOUT ROWID",
            "CREATE INDEX IF NOT EXISTS tracking_keys_expiry ON tracking_keys (expires_at_ms)",
        ],
        now_ms: "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
        claim: "ON CONFLICT (scope, name) DO UPDATE SET
                fingerprint = excluded.fingerprint,
                identity = excluded.identity,
                issued_at_ms = excluded.issued_at_ms,
                numbers = excluded.numbers,
                expires_at_ms = excluded.expires_at_ms
            WHERE tracking_keys.expires_at_ms <= {now}",
        insert_or_ignore: "INSERT OR IGNORE",
    };

    fn connect(&self, _: Instant) -> Result<SqliteConnection, Failure> {
        // Not made here: one that was taken away is missed, not replaced by an empty one.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let identity =
            || place::identity(&self.path).map_err(|source| DbError::new(Kind::Other, source));
        let before = identity()?;
        let database =
            rusqlite::Connection::open_with_flags(&self.path, flags).map_err(connection::error)?;
        // Else it may be another file than the one that was opened.
        if identity()? != before {
            return Err(DbError::new(Kind::Gone, "its file was replaced").into());
        }
        SqliteConnection::new(database, &self.path, before)
    }

    fn warnings(&self, _: &mut SqliteConnection) -> Result<Vec<String>, Failure> {
        Ok(place::warnings(&self.path))
    }
}

impl fmt::Display for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", Plain::of(&self.path))
    }
}
