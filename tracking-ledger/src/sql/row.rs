//! A row of the table of entries.

use tracking_core::TrackingNumber;
use tracking_core::order::{Order, OrderBuilder, Required, Weight};

use super::failure::Failure;
use super::ids::issued_at_of;
use super::value::{Columns, Value};
use crate::entry::{Entry, OldNumber, Origin};
use crate::recording::Recording;

/// The columns, in the order of [`of_recording`] and [`entry`].
pub(crate) const COLUMNS: &str = "id, number, identity, imported, origin_country_id, destination_country_id, \
    weight_g, created_at, customer_id, customer_name, customer_slug, reference, token, request_id";

/// A parameter for each.
pub(crate) const PLACES: &str = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// Appends the row of one number of a recording.
pub(crate) fn of_recording(
    id: i64,
    number: TrackingNumber,
    recording: &Recording,
    keeps_names: bool,
    values: &mut Vec<Value>,
) {
    let order = recording.order();
    let country = |country: tracking_core::order::Country| Value::text(country.as_str());
    let name = order.customer_name().filter(|_| keeps_names);
    values.extend([
        Value::Int(id),
        Value::text(number.as_str()),
        Value::Int(recording.identity()),
        Value::Int(0),
        order.origin_country_id().map_or(Value::Null, country),
        order.destination_country_id().map_or(Value::Null, country),
        order
            .weight()
            .map_or(Value::Null, |weight| Value::Int(weight.grams().into())),
        order
            .created_at()
            .map_or(Value::Null, |at| Value::Text(at.to_string())),
        order.customer_id().map_or(Value::Null, |id| {
            Value::Bytes(id.uuid().into_bytes().into())
        }),
        Value::optional_text(name.map(|name| name.as_str())),
        Value::optional_text(order.customer_slug().map(|slug| slug.as_str())),
        Value::optional_text(recording.reference().map(|reference| reference.as_str())),
        Value::optional_text(recording.token().map(|token| token.as_str())),
        Value::optional_text(recording.request_id().map(|id| id.as_str())),
    ]);
}

/// Appends the row of a number that was issued elsewhere.
pub(crate) fn of_old(id: i64, old: &OldNumber, values: &mut Vec<Value>) {
    values.extend([
        Value::Int(id),
        Value::text(old.number.as_str()),
        Value::Int(0),
        Value::Int(1),
    ]);
    values.extend(std::iter::repeat_n(Value::Null, 10));
}

/// The id of a row, and its entry.
pub(crate) fn entry(row: Vec<Value>) -> Result<(i64, Entry), Failure> {
    let mut columns = Columns::of(row);
    let id = columns.int()?;
    let number = columns.text()?;
    let entry = entry_of(id, &number, columns).map_err(|failure| match failure {
        Failure::Damaged(what) => Failure::Damaged(format!("the number {number}: {what}")),
        other => other,
    })?;
    Ok((id, entry))
}

fn entry_of(id: i64, number: &str, mut columns: Columns) -> Result<Entry, Failure> {
    let _identity = columns.int()?;
    let origin = match columns.int()? {
        0 => Origin::Issued,
        _ => Origin::Imported,
    };
    Ok(Entry {
        number: number.parse().map_err(damaged)?,
        issued_at_ms: issued_at_of(id),
        origin,
        order: order(&mut columns)?,
        reference: parsed(columns.optional_text()?)?,
        token: parsed(columns.optional_text()?)?,
        request_id: parsed(columns.optional_text()?)?,
    })
}

fn order(columns: &mut Columns) -> Result<Order, Failure> {
    let mut builder = OrderBuilder::new(Required::NONE);
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            builder.set(name, &value);
        }
    };
    set("origin_country_id", columns.optional_text()?);
    set("destination_country_id", columns.optional_text()?);
    if let Some(grams) = columns.optional_int()? {
        let weight = Weight::from_grams(grams.try_into().unwrap_or(u32::MAX)).map_err(damaged)?;
        set("weight", Some(weight.to_string()));
    }
    set("created_at", columns.optional_text()?);
    if let Some(bytes) = columns.optional_bytes()? {
        let bytes: [u8; 16] = bytes
            .try_into()
            .map_err(|_| damaged("expected 16 bytes in customer_id"))?;
        set("customer_id", Some(hyphenated(bytes)));
    }
    set("customer_name", columns.optional_text()?);
    set("customer_slug", columns.optional_text()?);
    builder.build().map_err(damaged)
}

/// As RFC 9562 writes a UUID.
fn hyphenated(bytes: [u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ]
    .join("-")
}

fn parsed<T: std::str::FromStr<Err: ToString>>(text: Option<String>) -> Result<Option<T>, Failure> {
    text.map(|text| text.parse().map_err(damaged)).transpose()
}

fn damaged(what: impl ToString) -> Failure {
    Failure::Damaged(what.to_string())
}
