//! Schema versions: numbered steps of one statement each.

use std::time::Instant;

use super::connection::{Connection, Dialect};
use super::failure::{DbError, Failure};
use super::value::{Columns, Value};

/// Holds a row for each step that is done.
const VERSIONS: &str =
    "CREATE TABLE IF NOT EXISTS tracking_schema (version INTEGER NOT NULL PRIMARY KEY)";

/// Brings the schema to this program's version.
///
/// Many may start at once: each step is guarded by the database's lock, and looks again once it has it. A step may
/// run again, since MySQL commits it by itself before its number is written: one that was killed in between is
/// repeated by the next.
pub(crate) fn migrate(connection: &mut impl Connection, dialect: &Dialect) -> Result<(), Failure> {
    let known = dialect.steps.len() as u32;
    // The common case, which needs no right to create a table and waits for nobody.
    if let Ok(found) = version(connection)
        && found == known
    {
        return Ok(());
    }
    connection.lock_schema()?;
    connection.call_began(Instant::now());
    connection.begin()?;
    connection.execute(VERSIONS, &[])?;
    connection.commit()?;
    for (done, step) in dialect.steps.iter().enumerate() {
        connection.call_began(Instant::now());
        connection.begin()?;
        let found = version(connection)?;
        if found > known {
            return Err(Failure::Newer { found, known });
        }
        if found as usize <= done {
            connection.execute(step, &[])?;
            let insert = format!(
                "{} INTO tracking_schema (version) VALUES (?)",
                dialect.insert_or_ignore
            );
            connection.execute(&insert, &[Value::Int(done as i64 + 1)])?;
        }
        connection.commit()?;
    }
    connection.unlock_schema()?;
    Ok(())
}

/// How many steps are done.
fn version(connection: &mut impl Connection) -> Result<u32, Failure> {
    let rows = connection.query("SELECT COALESCE(MAX(version), 0) FROM tracking_schema", &[]);
    let rows: Vec<Vec<Value>> = rows.map_err(|error: DbError| error)?;
    let version = rows
        .into_iter()
        .next()
        .map_or(Ok(0), |row| Columns::of(row).int())?;
    Ok(version.try_into().unwrap_or(u32::MAX))
}
