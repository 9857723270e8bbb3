//! `tracking ledger list`.

use tracking_core::issued::Zone;
use tracking_ledger::{Cursor, Entry, Ledger, PageLimit};

use super::row::Row;
use crate::args::{ListArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::table::Columns;
use crate::output::{Output, message};

pub(super) fn run(args: &ListArgs, ledger: &dyn Ledger) -> Result<(), Failure> {
    let filter = args.filter.filter();
    let (mut entries, mut next) = (Vec::new(), args.cursor);
    // A page may be short where many entries had to be looked at: only a missing cursor is the end.
    loop {
        let limit = PageLimit::nearest(args.limit - entries.len());
        let page = ledger.list(&filter, next.as_ref(), limit)?;
        entries.extend(page.entries);
        next = page.next;
        if next.is_none() || entries.len() >= args.limit {
            break;
        }
    }
    let zone = args.zone.zone();
    let mut output = Output::new()?;
    match args.report.format {
        ReportFormat::Json => output.write(&json(&entries, zone, next)),
        ReportFormat::Text => {
            output.write(columns(&entries, zone).text().as_bytes())?;
            if let Some(cursor) = next {
                message(
                    "note",
                    &format_args!("there may be more: --cursor {cursor} goes on"),
                );
            }
            Ok(())
        }
    }
}

/// An object with an entry a line.
fn json(entries: &[Entry], zone: Zone, next: Option<Cursor>) -> Vec<u8> {
    let mut text = b"{\"tracking_numbers\":[".to_vec();
    for (index, entry) in entries.iter().enumerate() {
        text.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        Row::of(entry, zone).write_json(&mut text);
    }
    if !entries.is_empty() {
        text.push(b'\n');
    }
    // A cursor needs no escapes.
    let next = next.map_or_else(|| "null".to_owned(), |cursor| format!("\"{cursor}\""));
    text.extend_from_slice(format!("],\"next_cursor\":{next}}}\n").as_bytes());
    text
}

fn columns(entries: &[Entry], zone: Zone) -> Columns<8> {
    let mut columns = Columns::new([
        "NUMBER",
        "CREATED AT",
        "FROM",
        "TO",
        "KG",
        "CUSTOMER",
        "REFERENCE",
        "TOKEN",
    ]);
    for entry in entries {
        let [
            number,
            created_at,
            from,
            to,
            weight,
            id,
            _,
            slug,
            _,
            reference,
            token,
            ..,
        ] = Row::of(entry, zone).plain();
        columns.row([
            number,
            created_at,
            from,
            to,
            weight,
            slug.or(id),
            reference,
            token,
        ]);
    }
    columns
}
