//! An entry of a ledger as a row.

use std::borrow::Cow;

use tracking_core::issued::{Issued, Zone};
use tracking_ledger::{Entry, Reference, RequestId, TokenName};

/// The names of [`entry_fields`]: what was answered when the number was issued, and then what the ledger knows
/// besides.
pub const ENTRY_HEADER: [&str; 13] = {
    let [number, created_at, from, to, weight, id, name, slug] = Issued::CSV_HEADER;
    [
        number,
        created_at,
        from,
        to,
        weight,
        id,
        name,
        slug,
        "order_created_at",
        "reference",
        "token",
        "request_id",
        "origin",
    ]
};

/// The values under [`ENTRY_HEADER`], empty where absent. Times without an offset of their own are shown in the zone.
pub fn entry_fields(entry: &Entry, zone: Zone) -> [Cow<'_, str>; 13] {
    let issued = Issued {
        number: entry.number,
        at_ms: entry.issued_at_ms,
        order: &entry.order,
        zone,
    };
    let [number, created_at, from, to, weight, id, name, slug] =
        issued.csv_fields().map(|field| field.into_owned().into());
    let order_created_at = entry.order.created_at();
    [
        number,
        created_at,
        from,
        to,
        weight,
        id,
        name,
        slug,
        order_created_at
            .map_or_else(String::new, |at| at.to_string())
            .into(),
        entry
            .reference
            .as_ref()
            .map_or("", Reference::as_str)
            .into(),
        entry.token.as_ref().map_or("", TokenName::as_str).into(),
        entry
            .request_id
            .as_ref()
            .map_or("", RequestId::as_str)
            .into(),
        entry.origin.as_str().into(),
    ]
}
