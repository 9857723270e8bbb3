//! `tracking ledger show`.

use tracking_ledger::Ledger;

use super::row::Row;
use crate::args::{ReportFormat, ShowEntryArgs};
use crate::failure::Failure;
use crate::output::{Output, message};

pub(super) fn run(args: &ShowEntryArgs, ledger: &dyn Ledger) -> Result<(), Failure> {
    let entry = ledger.find(args.number)?;
    let row = entry.as_ref().map(|entry| Row::of(entry, args.zone.zone()));
    let mut text = Vec::new();
    match (args.report.format, &row) {
        (ReportFormat::Json, Some(row)) => row.write_json(&mut text),
        (ReportFormat::Json, None) => text.extend_from_slice(b"null"),
        (ReportFormat::Text, Some(row)) => text = row.table().text().into_bytes(),
        (ReportFormat::Text, None) => {}
    }
    if args.report.format == ReportFormat::Json {
        text.push(b'\n');
    }
    Output::new()?.write(&text)?;
    if row.is_none() {
        message(
            "note",
            &format_args!("the ledger {ledger} does not have {}", args.number),
        );
        return Err(Failure::Refused);
    }
    Ok(())
}
