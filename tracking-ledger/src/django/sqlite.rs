//! A Django database in a file of SQLite's.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection as Database, OpenFlags};

use super::Rows;
use crate::sql::failure::{DbError, Failure};
use crate::sql::value::Value;
use crate::sqlite::connection;

/// How long it waits for the service's own transaction.
const PATIENCE: Duration = Duration::from_secs(5);

struct File(Database);

/// For reading alone: a file that is not there is not made.
pub(super) fn connect(path: &Path) -> Result<Box<dyn Rows>, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Absolute: SQLite takes some relative ones for something else than a file.
    let path = std::path::absolute(path)
        .map_err(|error| Failure::Refused(format!("could not tell where it is: {error}")))?;
    let database = Database::open_with_flags(path, flags).map_err(connection::error)?;
    database.busy_timeout(PATIENCE).map_err(connection::error)?;
    Ok(Box::new(File(database)))
}

impl Rows for File {
    fn text(&self) -> &'static str {
        "TEXT"
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError> {
        connection::query(&self.0, sql, values)
    }
}
