//! `tracking ledger import`.

mod csv;
mod source;
mod tally;

use std::sync::Arc;

use tracking_core::store::url::ParseStoreUrlError;
use tracking_core::{OpenError, OpenStore, Opening, open_store};
use tracking_ledger::{Imported, Ledger};
use tracking_programs::args::{ArgsError, StoreArgs};

use self::source::Source;
use self::tally::Tally;
use crate::args::{ImportArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::{Output, message};
use crate::progress::Progress;

pub(super) fn run(
    args: &ImportArgs,
    store: &StoreArgs,
    ledger: impl FnOnce() -> Result<Arc<dyn Ledger>, Failure>,
) -> Result<(), Failure> {
    let django = args.source.django()?;
    super::check(&args.ledger)?;
    let store = series(store)?;
    // Before the ledger, which may be made: what cannot be read leaves nothing behind.
    let mut source = Source::open(&args.source, django)?;
    let ledger = ledger()?;
    let mut tally = Tally::new(store.as_deref().map(|store| store.series()));
    let mut sum = Imported::default();
    let progress = Progress::of_parts(source.length());
    loop {
        let chunk = source.next_chunk().map_err(|why| stopped(&why, sum))?;
        if chunk.is_empty() {
            break;
        }
        let imported = ledger
            .import(&chunk)
            .map_err(|error| stopped(&error.to_string(), sum))?;
        sum.added += imported.added;
        sum.known += imported.known;
        tally.add(&chunk);
        progress.at(source.at());
    }
    drop(progress);
    let report = tally.report(sum);
    let mut output = Output::new()?;
    match args.report.format {
        ReportFormat::Json => output.write_json(&report)?,
        ReportFormat::Text => output.write(report.table().text().as_bytes())?,
    }
    if let Some(advice) = report.advice() {
        message("note", &advice);
    }
    Ok(())
}

/// The series, if it is there.
fn series(args: &StoreArgs) -> Result<Option<Box<dyn OpenStore>>, Failure> {
    let url = match args.url() {
        // Nowhere to look.
        Err(ArgsError::Url(ParseStoreUrlError::NoHome)) => return Ok(None),
        url => url?,
    };
    match open_store(&url, &args.options(Opening::Existing)?) {
        Ok(store) => Ok(Some(store)),
        Err(OpenError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn stopped(why: &str, sum: Imported) -> Failure {
    let count = sum.added + sum.known;
    let before = match count {
        0 => "nothing was imported".to_owned(),
        1 => "the number before is imported".to_owned(),
        _ => format!("the {count} numbers before are imported"),
    };
    Failure::Undone(format!("{why} ({before})"))
}
