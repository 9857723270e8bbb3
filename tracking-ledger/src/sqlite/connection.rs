//! One connection to the file.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection as Database, ErrorCode, ffi, params_from_iter};

use super::place::{self, Identity};
use crate::sql::connection::Connection;
use crate::sql::failure::{DbError, Failure, Kind};
use crate::sql::value::Value;

/// How long a connection waits for another's transaction.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// How often it looks meanwhile whether that has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

pub(crate) struct SqliteConnection {
    database: Database,
    path: PathBuf,
    /// Of the file that it has opened.
    identity: Identity,
}

impl SqliteConnection {
    /// Makes every setting, and reads back those that SQLite may leave as they were.
    pub(super) fn new(
        mut database: Database,
        path: &Path,
        identity: Identity,
    ) -> Result<Self, Failure> {
        database.busy_handler(Some(waits_on)).map_err(error)?;
        database.set_prepared_statement_cache_capacity(64);
        let connection = Self {
            identity,
            path: path.to_owned(),
            database,
        };
        connection.set_wal()?;
        connection.set("synchronous", "FULL", "2")?;
        connection.set("secure_delete", "ON", "1")?;
        connection.set("trusted_schema", "OFF", "0")?;
        // 16 MiB: the upper pages of the indices, which each number meets at random.
        connection.set("cache_size", "-16384", "-16384")?;
        // What a great export or erasure made of the WAL is given back at its next reset.
        connection.set("journal_size_limit", "67108864", "67108864")?;
        Ok(connection)
    }

    /// Ten processes may do so at once: while one changes the mode, SQLite sends the others away without waiting.
    fn set_wal(&self) -> Result<(), Failure> {
        let start = Instant::now();
        loop {
            match self.set("journal_mode", "WAL", "wal") {
                Err(Failure::Db(_)) if start.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => return other,
            }
        }
    }

    fn set(&self, pragma: &str, value: &str, expected: &str) -> Result<(), Failure> {
        self.pragma(&format!("PRAGMA {pragma} = {value}"))?;
        let found = self.pragma(&format!("PRAGMA {pragma}"))?;
        if found == expected {
            return Ok(());
        }
        Err(Failure::Refused(format!(
            "expected {pragma} = {value}, found {found:?}"
        )))
    }

    /// The first column of what it answers, which may be nothing.
    fn pragma(&self, sql: &str) -> Result<String, DbError> {
        let mut statement = self.database.prepare(sql).map_err(error)?;
        let mut rows = statement.query([]).map_err(error)?;
        let Some(row) = rows.next().map_err(error)? else {
            return Ok(String::new());
        };
        Ok(match row.get_ref(0).map_err(error)? {
            ValueRef::Integer(int) => int.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        })
    }
}

/// Whether who meets another's lock waits on, for the so manieth time. SQLite itself would look again after a tenth of
/// a second at last, and find no moment between two commits of who records without a pause.
fn waits_on(times: i32) -> bool {
    std::thread::sleep(LOOK_AGAIN);
    LOOK_AGAIN * times.unsigned_abs() < PATIENCE
}

impl Connection for SqliteConnection {
    fn begin(&mut self) -> Result<(), DbError> {
        // A file that was moved away or replaced would take what nobody finds again.
        let found =
            place::identity(&self.path).map_err(|source| DbError::new(Kind::Gone, source))?;
        if found != self.identity {
            return Err(DbError::new(Kind::Gone, "another file stands at the path"));
        }
        self.run("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), DbError> {
        self.run("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), DbError> {
        if self.database.is_autocommit() {
            // SQLite has done so by itself.
            return Ok(());
        }
        self.run("ROLLBACK")
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, DbError> {
        let mut statement = self.database.prepare_cached(sql).map_err(error)?;
        let changed = statement.execute(params_from_iter(values)).map_err(error)?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError> {
        query(&self.database, sql, values)
    }

    fn scrub(&mut self) -> Result<(), DbError> {
        // The WAL still holds what was erased. If a reader keeps it busy, the next checkpoint does it.
        self.pragma("PRAGMA wal_checkpoint(TRUNCATE)").map(drop)
    }
}

impl SqliteConnection {
    fn run(&self, sql: &str) -> Result<(), DbError> {
        let mut statement = self.database.prepare_cached(sql).map_err(error)?;
        statement.execute([]).map_err(error)?;
        Ok(())
    }
}

/// All rows of a question.
pub(crate) fn query(
    database: &Database,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Vec<Value>>, DbError> {
    let mut statement = database.prepare_cached(sql).map_err(error)?;
    let columns = statement.column_count();
    let mut rows = statement.query(params_from_iter(values)).map_err(error)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(error)? {
        let row: Result<_, _> = (0..columns)
            .map(|column| row.get_ref(column).map(value))
            .collect();
        all.push(row.map_err(error)?);
    }
    Ok(all)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Text(real.to_string()),
        ValueRef::Text(text) => Value::Bytes(text.to_vec()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

pub(crate) fn error(error: rusqlite::Error) -> DbError {
    let kind = match &error {
        rusqlite::Error::SqliteFailure(code, _) => match (code.code, code.extended_code) {
            (_, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => {
                Kind::Duplicate
            }
            (ErrorCode::DatabaseBusy, ffi::SQLITE_BUSY_SNAPSHOT) => Kind::Conflict,
            _ => Kind::Other,
        },
        _ => Kind::Other,
    };
    DbError::new(kind, error)
}
