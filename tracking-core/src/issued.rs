//! The answer: a tracking number that was issued, when, and for which order.
//!
//! One object, written in one way by every program: the server's answer, a line of `tracking next`.
//! Pure code: no I/O, no clock; the caller says when the number was issued.

#[cfg(test)]
mod tests;
mod timestamp;
mod zone;

use std::borrow::Cow;

use serde::ser::{self, Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

pub use self::timestamp::Timestamp;
pub use self::zone::{UnknownZone, Zone};
use crate::number::TrackingNumber;
use crate::order::{Country, CreatedAt, CustomerId, CustomerName, CustomerSlug, Order, Weight};

/// A tracking number that was issued for an order.
///
/// ```
/// use tracking_core::issued::{Issued, Zone};
/// use tracking_core::order::{OrderBuilder, Required};
///
/// let mut builder = OrderBuilder::new(Required::NONE);
/// builder.set("origin_country_id", "US").set("destination_country_id", "IN").set("weight", "1.200");
/// let order = builder.build()?;
/// let issued = Issued { number: "7Q2M0ABCDEF12".parse()?, at_ms: 1_735_689_600_123, order: &order, zone: Zone::UTC };
/// let mut out = Vec::new();
/// issued.write_json(&mut out);
/// assert_eq!(
///     String::from_utf8_lossy(&out),
///     r#"{"tracking_number":"7Q2M0ABCDEF12","created_at":"2025-01-01T00:00:00.123Z","origin_country_id":"US","#.to_owned()
///         + r#""destination_country_id":"IN","weight":1.200,"customer_id":null,"customer_name":null,"customer_slug":null}"#,
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Issued<'a> {
    /// The number.
    pub number: TrackingNumber,
    /// When it was issued: milliseconds since 1970-01-01T00:00:00Z. What is before that is shown as that.
    pub at_ms: i64,
    /// The order that it was issued for.
    pub order: &'a Order,
    /// Where the time is shown, if the order gave no offset.
    pub zone: Zone,
}

impl Issued<'_> {
    /// The names of [`csv_fields`](Self::csv_fields), and of the members that [`write_json`](Self::write_json)
    /// writes, in their order.
    pub const CSV_HEADER: [&'static str; 8] = [
        "tracking_number",
        "created_at",
        "origin_country_id",
        "destination_country_id",
        "weight",
        "customer_id",
        "customer_name",
        "customer_slug",
    ];

    /// When the number was issued, in the offset of the order's own `created_at` if it has one, else in the zone.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        let at_ms = self.at_ms.max(0).unsigned_abs();
        let own = self.order.created_at().map(CreatedAt::offset);
        Timestamp::new(at_ms, own.unwrap_or_else(|| self.zone.offset_at(at_ms)))
    }

    /// Appends a JSON object (RFC 8259) on one line: `tracking_number`, `created_at` and the other six fields of
    /// the order, `null` where absent. `weight` is a number with exactly three decimals. U+2028 and U+2029 are
    /// escaped: readers of lines, JavaScript's and Python's among them, take them for the end of one.
    ///
    /// Allocates nothing but what `out` lacks.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.write_head(out);
        out.extend_from_slice(b",\"origin_country_id\":");
        write_or_null(out, self.order.origin_country_id(), write_country);
        out.extend_from_slice(b",\"destination_country_id\":");
        write_or_null(out, self.order.destination_country_id(), write_country);
        out.extend_from_slice(b",\"weight\":");
        write_or_null(out, self.order.weight(), |out, weight| weight.write(out));
        out.extend_from_slice(b",\"customer_id\":");
        write_or_null(out, self.order.customer_id(), |out, id| {
            write_quoted(out, |out| id.write(out))
        });
        out.extend_from_slice(b",\"customer_name\":");
        write_or_null(out, self.order.customer_name(), |out, name| {
            write_escaped(out, name.as_str())
        });
        out.extend_from_slice(b",\"customer_slug\":");
        write_or_null(out, self.order.customer_slug(), |out, slug| {
            write_quoted(out, |out| out.extend_from_slice(slug.as_str().as_bytes()));
        });
        out.push(b'}');
    }

    /// Appends a JSON object of `tracking_number` and `created_at` alone.
    pub fn write_short_json(&self, out: &mut Vec<u8>) {
        self.write_head(out);
        out.push(b'}');
    }

    /// The values under [`CSV_HEADER`](Self::CSV_HEADER), empty where absent. Not yet quoted: a name may hold
    /// commas and quotes.
    #[must_use]
    pub fn csv_fields(&self) -> [Cow<'_, str>; 8] {
        let order = self.order;
        [
            self.number.as_str().into(),
            self.created_at().to_string().into(),
            order.origin_country_id().map_or("", Country::as_str).into(),
            order
                .destination_country_id()
                .map_or("", Country::as_str)
                .into(),
            order
                .weight()
                .as_ref()
                .map_or_else(String::new, Weight::to_string)
                .into(),
            order
                .customer_id()
                .as_ref()
                .map_or_else(String::new, CustomerId::to_string)
                .into(),
            order
                .customer_name()
                .map_or("", CustomerName::as_str)
                .into(),
            order
                .customer_slug()
                .map_or("", CustomerSlug::as_str)
                .into(),
        ]
    }

    /// The object's beginning, which both forms share.
    fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"tracking_number\":");
        write_quoted(out, |out| out.extend_from_slice(self.number.as_bytes()));
        out.extend_from_slice(b",\"created_at\":");
        write_quoted(out, |out| self.created_at().write(out));
    }
}

/// Numbers that were issued at one moment for one order.
#[derive(Clone, Copy, Debug)]
pub struct IssuedMany<'n, 'a> {
    /// The numbers.
    pub numbers: &'n [TrackingNumber],
    /// When they were issued: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// The order that they were issued for.
    pub order: &'a Order,
    /// Where the time is shown, if the order gave no offset.
    pub zone: Zone,
}

impl<'n, 'a> IssuedMany<'n, 'a> {
    /// Each of them.
    pub fn iter(self) -> impl ExactSizeIterator<Item = Issued<'a>> + 'n
    where
        'a: 'n,
    {
        self.numbers.iter().map(move |number| Issued {
            number: *number,
            at_ms: self.at_ms,
            order: self.order,
            zone: self.zone,
        })
    }
}

/// The members of [`write_json`](Issued::write_json), for serde. A weight's three decimals need a format that
/// takes numbers as they are written: it is JSON (`serde_json`) that is meant, where the bytes are the same,
/// but for U+2028 and U+2029, which serde_json does not escape.
impl Serialize for Issued<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [
            number,
            created_at,
            origin,
            destination,
            weight,
            id,
            name,
            slug,
        ] = Self::CSV_HEADER;
        let order = self.order;
        let kilograms = order
            .weight()
            .map(|weight| RawValue::from_string(weight.to_string()))
            .transpose()
            .map_err(ser::Error::custom)?;
        let mut object = serializer.serialize_struct("Issued", Self::CSV_HEADER.len())?;
        object.serialize_field(number, self.number.as_str())?;
        object.serialize_field(created_at, &self.created_at().to_string())?;
        object.serialize_field(origin, &order.origin_country_id())?;
        object.serialize_field(destination, &order.destination_country_id())?;
        object.serialize_field(weight, &kilograms)?;
        object.serialize_field(id, &order.customer_id())?;
        object.serialize_field(name, &order.customer_name())?;
        object.serialize_field(slug, &order.customer_slug())?;
        object.end()
    }
}

fn write_or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

fn write_country(out: &mut Vec<u8>, country: Country) {
    write_quoted(out, |out| {
        out.extend_from_slice(country.as_str().as_bytes())
    });
}

/// For text of a known alphabet, none of which JSON escapes.
fn write_quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

#[expect(
    clippy::expect_used,
    reason = "a str is always a JSON string, and a Vec takes every write"
)]
fn write_escaped(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    serde_json::to_writer(&mut *out, text).expect("a str is written to a Vec");
    // The first byte of both separators, which few texts have.
    if text.as_bytes().contains(&SEPARATORS_BEGIN) {
        escape_separators(out, start);
    }
}

/// The line and the paragraph separator, which JSON takes as they are and readers of lines do not.
const SEPARATORS: [(&str, &str); 2] = [("\u{2028}", "\\u2028"), ("\u{2029}", "\\u2029")];

const SEPARATORS_BEGIN: u8 = 0xe2;

/// From `start` on, which is a JSON string.
#[cold]
fn escape_separators(out: &mut Vec<u8>, start: usize) {
    let written = out.split_off(start);
    let mut json = String::from_utf8_lossy(&written).into_owned();
    for (separator, escaped) in SEPARATORS {
        json = json.replace(separator, escaped);
    }
    out.extend_from_slice(json.as_bytes());
}
