//! `tracking ledger export`.

use std::borrow::Cow;

use tracking_ledger::{Ledger, PageLimit};
use tracking_programs::csv;

use super::row::Row;
use crate::args::{ExportArgs, ExportFormat};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::stop::Stop;

pub(super) fn run(args: &ExportArgs, ledger: &dyn Ledger) -> Result<(), Failure> {
    let (filter, zone) = (args.filter.filter(), args.zone.zone());
    let stop = Stop::register()?;
    let mut output = Output::new()?;
    let mut text = Vec::new();
    if args.format == ExportFormat::Csv {
        csv::write_row(&mut text, &Row::HEADER.map(Cow::Borrowed));
    }
    let progress = Progress::of_unknown(!output.is_terminal());
    let (mut written, mut cursor) = (0, None);
    loop {
        // Each page is one short read: nobody who records waits for it, and no WAL grows behind it.
        let page = ledger.list(&filter, cursor.as_ref(), PageLimit::nearest(PageLimit::MAX))?;
        for entry in &page.entries {
            let row = Row::of(entry, zone);
            match args.format {
                ExportFormat::Csv => {
                    csv::write_row(&mut text, &row.csv_fields().map(csv::harmless))
                }
                ExportFormat::Ndjson => {
                    row.write_json(&mut text);
                    text.push(b'\n');
                }
            }
        }
        // The first signal from here on waits for a whole line.
        stop.wait();
        stop.check()?;
        output.write(&text)?;
        stop.wait_no_more()?;
        text.clear();
        written += page.entries.len() as u64;
        progress.at(written);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}
