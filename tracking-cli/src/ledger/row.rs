//! An entry of a ledger, as it is written.

use std::borrow::Cow;

use tracking_core::issued::Zone;
use tracking_core::shown::{Plain, escape_json};
use tracking_ledger::Entry;
use tracking_programs::csv::{ENTRY_HEADER, entry_fields};

use crate::output::table::Table;

/// An entry: what was answered when it was issued, and then what the ledger knows besides.
pub(super) struct Row<'a> {
    entry: &'a Entry,
    zone: Zone,
}

impl<'a> Row<'a> {
    /// The names of [`csv_fields`](Self::csv_fields), and of the members of the JSON object.
    pub(super) const HEADER: [&'static str; 13] = ENTRY_HEADER;

    pub(super) fn of(entry: &'a Entry, zone: Zone) -> Self {
        Self { entry, zone }
    }

    /// The values under [`HEADER`](Self::HEADER), empty where absent.
    pub(super) fn csv_fields(&self) -> [Cow<'a, str>; 13] {
        entry_fields(self.entry, self.zone)
    }

    /// Append a JSON object on one line, which a terminal may show.
    pub(super) fn write_json(&self, out: &mut Vec<u8>) {
        // Texts, and a number as it is written, always become JSON.
        let json = serde_json::to_vec(&self.entry.json(self.zone)).unwrap_or_default();
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
