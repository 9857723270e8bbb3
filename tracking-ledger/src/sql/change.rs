//! Changing what is recorded: erasing, pruning, importing. In short transactions, so that nobody who records waits.

use std::time::Instant;

use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;

use super::connection::{Connection, Dialect};
use super::failure::Failure;
use super::ids::{Ids, first_of};
use super::record::holders;
use super::row;
use super::sizes::{parts, repeated};
use super::value::{Columns, Value};
use crate::entry::{Imported, OldNumber};
use crate::ledger::Prune;
use crate::recording::ISSUED_AT_END_MS;

/// The most rows of one transaction.
pub(super) const ROWS: usize = 1_000;

/// What tells who a customer is.
const PERSONAL: [&str; 5] = [
    "customer_id",
    "customer_name",
    "customer_slug",
    "reference",
    "request_id",
];

/// Takes out what tells who a customer is.
pub(super) fn erase(
    connection: &mut impl Connection,
    customer_id: CustomerId,
) -> Result<u64, Failure> {
    let id = Value::Bytes(customer_id.uuid().into_bytes().into());
    let mut changed = 0;
    loop {
        connection.call_began(Instant::now());
        let sql = format!(
            "SELECT id FROM tracking_entries WHERE customer_id = ? ORDER BY id LIMIT {ROWS}"
        );
        let rows = connection.query(&sql, std::slice::from_ref(&id))?;
        let Some(last) = rows.into_iter().last() else {
            connection.scrub()?;
            return Ok(changed);
        };
        let last = Columns::of(last).int()?;
        let sql = format!(
            "UPDATE tracking_entries SET {} WHERE customer_id = ? AND id <= ?",
            blank()
        );
        changed += write(connection, &sql, &[id.clone(), Value::Int(last)])?;
    }
}

/// Takes what tells who a customer is out of old rows, or deletes those that were not imported.
pub(super) fn prune(
    connection: &mut impl Connection,
    before_ms: i64,
    what: Prune,
) -> Result<u64, Failure> {
    let (end, mut start, mut changed) = (first_of(before_ms), 0, 0);
    loop {
        connection.call_began(Instant::now());
        // The last of the next rows.
        let sql = format!(
            "SELECT MAX(id) FROM (SELECT id FROM tracking_entries WHERE id >= ? AND id < ? ORDER BY id LIMIT {ROWS}) AS rows_ahead"
        );
        let rows = connection.query(&sql, &[Value::Int(start), Value::Int(end)])?;
        let last = rows
            .into_iter()
            .next()
            .map_or(Ok(None), |row| Columns::of(row).optional_int())?;
        let Some(last) = last else {
            connection.scrub()?;
            return Ok(changed);
        };
        let is_personal = PERSONAL
            .map(|column| format!("{column} IS NOT NULL"))
            .join(" OR ");
        let sql = match what {
            Prune::PersonalData => {
                format!(
                    "UPDATE tracking_entries SET {} WHERE id >= ? AND id <= ? AND ({is_personal})",
                    blank()
                )
            }
            Prune::Rows => {
                "DELETE FROM tracking_entries WHERE id >= ? AND id <= ? AND imported = 0".into()
            }
        };
        changed += write(connection, &sql, &[Value::Int(start), Value::Int(last)])?;
        start = last + 1;
    }
}

fn blank() -> String {
    PERSONAL.map(|column| format!("{column} = NULL")).join(", ")
}

/// One statement in a transaction of its own.
fn write(connection: &mut impl Connection, sql: &str, values: &[Value]) -> Result<u64, Failure> {
    connection.begin()?;
    let changed = connection.execute(sql, values)?;
    connection.commit().map_err(Failure::Commit)?;
    Ok(changed)
}

/// Deletes keys whose time is over.
pub(super) fn sweep(connection: &mut impl Connection, dialect: &Dialect) -> Result<u64, Failure> {
    connection.begin()?;
    let deleted = super::keys::sweep(connection, dialect, ROWS as u32)?;
    connection.commit().map_err(Failure::Commit)?;
    Ok(deleted)
}

/// Takes in at most [`ROWS`] old numbers, in one transaction; each as of so many milliseconds later.
pub(super) fn import(
    connection: &mut impl Connection,
    ids: &Ids,
    numbers: &[OldNumber],
    later_ms: u32,
) -> Result<Imported, Failure> {
    connection.begin()?;
    let asked: Vec<TrackingNumber> = numbers.iter().map(|old| old.number).collect();
    let mut known = holders(connection, &asked)?;
    let is_new = |old: &&OldNumber| known.insert(old.number, 0).is_none();
    let new: Vec<&OldNumber> = numbers.iter().filter(is_new).collect();
    let mut added = 0;
    for part in parts(&new) {
        let mut values = Vec::new();
        for old in part {
            let issued_at_ms = old.issued_at_ms.clamp(0, ISSUED_AT_END_MS - 1);
            let issued_at_ms = (issued_at_ms + i64::from(later_ms)).min(ISSUED_AT_END_MS - 1);
            row::of_old(ids.next(issued_at_ms), old, &mut values);
        }
        let places = repeated(row::PLACES, ",", part.len());
        // Not one that ignores rows: an id that meets another would pass for a number that is known.
        let sql = format!(
            "INSERT INTO tracking_entries ({}) VALUES {places}",
            row::COLUMNS
        );
        added += connection.execute(&sql, &values)?;
    }
    connection.commit().map_err(Failure::Commit)?;
    Ok(Imported {
        added,
        known: numbers.len() as u64 - added,
    })
}
