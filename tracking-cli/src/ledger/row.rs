//! An entry of a ledger, as it is written.

use std::borrow::Cow;

use serde::Serialize;
use tracking_core::issued::{Issued, Zone};
use tracking_core::order::CreatedAt;
use tracking_core::shown::{Plain, escape_json};
use tracking_ledger::{Entry, Origin};

use crate::output::table::Table;

/// An entry: what was answered when it was issued, and then what the ledger knows besides.
pub(super) struct Row<'a> {
    issued: Issued<'a>,
    more: More<'a>,
}

#[derive(Serialize)]
struct More<'a> {
    order_created_at: Option<String>,
    reference: Option<&'a str>,
    token: Option<&'a str>,
    request_id: Option<&'a str>,
    origin: &'static str,
}

impl<'a> Row<'a> {
    /// The names of [`csv_fields`](Self::csv_fields), and of the members of the JSON object.
    pub(super) const HEADER: [&'static str; 13] = {
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

    pub(super) fn of(entry: &'a Entry, zone: Zone) -> Self {
        let order = &entry.order;
        Self {
            issued: Issued {
                number: entry.number,
                at_ms: entry.issued_at_ms,
                order,
                zone,
            },
            more: More {
                order_created_at: order.created_at().as_ref().map(CreatedAt::to_string),
                reference: entry.reference.as_ref().map(|text| text.as_str()),
                token: entry.token.as_ref().map(|name| name.as_str()),
                request_id: entry.request_id.as_ref().map(|id| id.as_str()),
                origin: match entry.origin {
                    Origin::Issued => "issued",
                    Origin::Imported => "imported",
                },
            },
        }
    }

    /// The values under [`HEADER`](Self::HEADER), empty where absent.
    pub(super) fn csv_fields(&self) -> [Cow<'_, str>; 13] {
        let [number, created_at, from, to, weight, id, name, slug] = self.issued.csv_fields();
        let more = &self.more;
        [
            number,
            created_at,
            from,
            to,
            weight,
            id,
            name,
            slug,
            more.order_created_at.as_deref().unwrap_or_default().into(),
            more.reference.unwrap_or_default().into(),
            more.token.unwrap_or_default().into(),
            more.request_id.unwrap_or_default().into(),
            more.origin.into(),
        ]
    }

    /// Append a JSON object on one line, which a terminal may show.
    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        let mut json = Vec::new();
        self.issued.write_json(&mut json);
        // Both are objects, and so is the first with the members of the second. Texts always become JSON.
        let more = serde_json::to_vec(&self.more).unwrap_or_default();
        json.pop();
        json.push(b',');
        json.extend_from_slice(more.get(1..).unwrap_or_default());
        out.extend(escape_json(json));
    }

    /// The values as a terminal may show them, `None` where absent.
    pub(super) fn plain(&self) -> [Option<String>; 13] {
        self.csv_fields()
            .map(|field| (!field.is_empty()).then(|| Plain::of(&*field).to_string()))
    }

    pub(super) fn table(&self) -> Table {
        let names = Self::HEADER.into_iter();
        names
            .zip(self.plain())
            .fold(Table::default(), |table, (name, value)| {
                table.maybe(name, &value)
            })
    }
}
