//! The numbers of a Django service of old, out of its own database.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::entry::OldNumber;
use crate::old_number::ParseOldNumberError;
use crate::sql::failure::{DbError, Failure};
use crate::sql::value::{Columns, Value};
use crate::url::LedgerUrl;

/// The table `tracking_trackingnumber` of a Django service, which has `id`, `tracking_number` and `created_at`, times
/// in UTC. It is read, and nothing is written.
///
/// In chunks of 1,000 by the order of `id`: a chunk is one short query, so that the service may go on.
///
/// ```no_run
/// use tracking_ledger::DjangoTable;
/// # fn import(_: &[tracking_ledger::OldNumber]) {}
///
/// let mut table = DjangoTable::open(&"mysql://django@db.internal/tracking_db".parse()?)?;
/// loop {
///     let chunk = table.next_chunk()?;
///     if chunk.is_empty() {
///         break;
///     }
///     import(&chunk);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DjangoTable {
    url: LedgerUrl,
    rows: Box<dyn Rows>,
    /// The id of the last row that was read.
    after: i64,
}

/// Why a Django database was not read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DjangoError {
    /// It is none, or this program was built without its feature.
    #[error(
        "expected a database such as sqlite:PATH or mysql://USER@HOST/DB, found {database}, which this program does not read"
    )]
    Unknown {
        /// Which.
        database: Arc<str>,
    },
    /// It cannot be read, or has no such table.
    #[error("cannot read the Django database {database}: {what}")]
    Unreadable {
        /// Which, without a password.
        database: Arc<str>,
        /// What failed.
        what: Arc<str>,
        /// What its driver says.
        source: Option<Arc<dyn Error + Send + Sync>>,
    },
    /// A row holds something else than a number and a time. Nothing of its chunk is given.
    #[error("the Django database {database}, tracking_trackingnumber with id {id}: {what}")]
    Row {
        /// Which database, without a password.
        database: Arc<str>,
        /// Which row.
        id: i64,
        /// What was expected, and what was found.
        what: Arc<str>,
    },
}

/// How many rows are read at once.
const CHUNK: usize = 1_000;

/// A connection, which reads rows.
trait Rows: Send {
    /// The type that a time is cast to, to be text.
    fn text(&self) -> &'static str;
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DbError>;
}

impl DjangoTable {
    /// Connects.
    ///
    /// # Errors
    /// [`DjangoError`].
    pub fn open(url: &LedgerUrl) -> Result<Self, DjangoError> {
        let rows: Result<Box<dyn Rows>, Failure> = match url {
            #[cfg(feature = "sqlite")]
            LedgerUrl::Sqlite(path) => sqlite::connect(path),
            #[cfg(feature = "mysql")]
            LedgerUrl::MySql(mysql) => mysql::connect(mysql),
            other => {
                return Err(DjangoError::Unknown {
                    database: other.to_string().into(),
                });
            }
        };
        Ok(Self {
            rows: rows.map_err(|failure| unreadable(url, failure))?,
            url: url.clone(),
            after: i64::MIN,
        })
    }

    /// The highest id, and 0 where there is none: how far there is to go.
    ///
    /// # Errors
    /// [`DjangoError::Unreadable`].
    pub fn last_id(&mut self) -> Result<i64, DjangoError> {
        let rows = self.query("SELECT MAX(id) FROM tracking_trackingnumber", &[])?;
        let last = rows
            .into_iter()
            .next()
            .map_or(Ok(None), |row| Columns::of(row).optional_int());
        Ok(last
            .map_err(|failure| unreadable(&self.url, failure))?
            .unwrap_or(0))
    }

    /// The id of the last row that was read.
    #[must_use]
    pub fn read_up_to(&self) -> i64 {
        self.after
    }

    /// The next numbers, in the order of their ids; none at the end.
    ///
    /// # Errors
    /// [`DjangoError`]. Asked again, it gives the same chunk.
    pub fn next_chunk(&mut self) -> Result<Vec<OldNumber>, DjangoError> {
        let sql = format!(
            "SELECT id, tracking_number, CAST(created_at AS {}) FROM tracking_trackingnumber \
                WHERE id > ? ORDER BY id LIMIT {CHUNK}",
            self.rows.text()
        );
        let (mut chunk, mut last) = (Vec::new(), self.after);
        for row in self.query(&sql, &[Value::Int(self.after)])? {
            let mut columns = Columns::of(row);
            last = columns
                .int()
                .map_err(|failure| unreadable(&self.url, failure))?;
            chunk.push(old_number(&mut columns).map_err(|what| DjangoError::Row {
                database: self.url.to_string().into(),
                id: last,
                what: what.into(),
            })?);
        }
        self.after = last;
        Ok(chunk)
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, DjangoError> {
        let rows = self.rows.query(sql, values);
        rows.map_err(|error| unreadable(&self.url, error.into()))
    }
}

fn old_number(columns: &mut Columns) -> Result<OldNumber, String> {
    let mut text = |column: &str| match columns.optional_text() {
        Ok(Some(text)) => Ok(text),
        Ok(None) => Err(format!("expected a {column}, found NULL")),
        Err(Failure::Damaged(what)) => Err(format!("{column}: {what}")),
        Err(_) => Err(format!("expected a {column}")),
    };
    let (number, created_at) = (text("tracking_number")?, text("created_at")?);
    OldNumber::parse(&number, &created_at).map_err(|error: ParseOldNumberError| error.to_string())
}

fn unreadable(url: &LedgerUrl, failure: Failure) -> DjangoError {
    let (what, source) = match failure {
        Failure::Db(error) | Failure::Commit(error) => {
            (error.source.to_string(), Some(error.source))
        }
        Failure::Refused(what) | Failure::Damaged(what) => (what, None),
        Failure::Newer { .. } => ("it is newer".to_owned(), None),
    };
    DjangoError::Unreadable {
        database: url.to_string().into(),
        what: what.into(),
        source,
    }
}

impl fmt::Debug for DjangoTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DjangoTable")
            .field("url", &self.url)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
