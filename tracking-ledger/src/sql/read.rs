//! Reading entries: one by its number, and many by the page.

use tracking_core::TrackingNumber;

use super::connection::Connection;
use super::failure::Failure;
use super::ids::first_of;
use super::row;
use super::value::{Columns, Value};
use crate::entry::Entry;
use crate::page::{Cursor, Filter, Page, PageLimit};

/// The most rows that are looked at for a page.
const SCANNED_MAX: usize = 10_000;

/// The entry of a number.
pub(super) fn find(
    connection: &mut impl Connection,
    number: TrackingNumber,
) -> Result<Option<Entry>, Failure> {
    let sql = format!(
        "SELECT {} FROM tracking_entries WHERE number = ?",
        row::COLUMNS
    );
    let rows = connection.query(&sql, &[Value::text(number.as_str())])?;
    let entry = rows.into_iter().next().map(row::entry).transpose()?;
    Ok(entry.map(|(_, entry)| entry))
}

/// A page, which the cursor belongs to.
///
/// What an index finds (one of the three that have one, and the time) bounds the rows that are looked at; the rest is
/// asked of those alone.
pub(super) fn list(
    connection: &mut impl Connection,
    filter: &Filter,
    cursor: Option<&Cursor>,
    limit: PageLimit,
) -> Result<Page, Failure> {
    let mut indexed = Conditions::default();
    let mut others = Conditions::default();
    let customer_id = filter
        .customer_id
        .map(|id| Value::Bytes(id.uuid().into_bytes().into()));
    for (column, value) in [
        (
            "request_id",
            filter
                .request_id
                .as_ref()
                .map(|id| Value::text(id.as_str())),
        ),
        (
            "reference",
            filter
                .reference
                .as_ref()
                .map(|text| Value::text(text.as_str())),
        ),
        ("customer_id", customer_id),
    ] {
        let target = if indexed.is_empty() {
            &mut indexed
        } else {
            &mut others
        };
        target.equal(column, value);
    }
    let country = |country: tracking_core::order::Country| Value::text(country.as_str());
    others.equal("origin_country_id", filter.origin_country_id.map(country));
    others.equal(
        "destination_country_id",
        filter.destination_country_id.map(country),
    );
    others.equal(
        "token",
        filter
            .token
            .as_ref()
            .map(|token| Value::text(token.as_str())),
    );
    let to = filter.to_ms.map_or(i64::MAX, first_of);
    indexed.id("<", cursor.map_or(to, |cursor| cursor.below().min(to)));

    let from = filter.from_ms.map_or(0, first_of);

    // The last row that is looked at, if there are more.
    let floor = match others.is_empty() {
        true => None,
        false => floor(connection, indexed.clone(), from)?,
    };
    // One bound alone: of two, SQLite would take the first for its index, and look at each row for the other.
    indexed.id(">=", floor.unwrap_or(from));
    let Conditions {
        mut sql,
        mut values,
    } = indexed;
    if !others.is_empty() {
        sql = format!("{sql} AND {}", others.sql);
        values.extend(others.values);
    }
    let most = limit.count();
    let sql = format!(
        "SELECT {} FROM tracking_entries WHERE {sql} ORDER BY id DESC LIMIT {}",
        row::COLUMNS,
        most + 1
    );
    let rows = connection.query(&sql, &values)?;
    let has_more = rows.len() > most;
    let rows: Vec<(i64, Entry)> = rows
        .into_iter()
        .take(most)
        .map(row::entry)
        .collect::<Result<_, _>>()?;
    let below = if has_more {
        rows.last().map(|(id, _)| *id)
    } else {
        floor
    };
    Ok(Page {
        entries: rows.into_iter().map(|(_, entry)| entry).collect(),
        next: below.map(|below| Cursor::new(below, filter)),
    })
}

/// The id of the last row that is looked at, if there are so many.
fn floor(
    connection: &mut impl Connection,
    mut conditions: Conditions,
    from: i64,
) -> Result<Option<i64>, Failure> {
    conditions.id(">=", from);
    let sql = format!(
        "SELECT id FROM tracking_entries WHERE {} ORDER BY id DESC LIMIT 1 OFFSET {}",
        conditions.sql,
        SCANNED_MAX - 1
    );
    let rows = connection.query(&sql, &conditions.values)?;
    rows.into_iter()
        .next()
        .map(|row| Columns::of(row).int())
        .transpose()
}

/// What holds for a row, all of it.
#[derive(Clone, Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn equal(&mut self, column: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.add(&format!("{column} = ?"), value);
        }
    }

    fn id(&mut self, operator: &str, id: i64) {
        self.add(&format!("id {operator} ?"), Value::Int(id));
    }

    fn add(&mut self, condition: &str, value: Value) {
        if !self.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(condition);
        self.values.push(value);
    }
}
