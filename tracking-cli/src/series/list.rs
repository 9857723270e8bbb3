//! `tracking series list`.

use std::io;

use serde::Serialize;
use tracking_core::rfc3339;
use tracking_core::store::list_series;
use tracking_core::{OpenStore, Opening, SeriesName, SeriesOptions, StoreUrl, open_store};
use tracking_programs::args::{ArgsError, StoreArgs};

use crate::args::{ReportArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::table::Columns;
use crate::output::{Output, message};

/// A series, in a line.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    prefix: String,
    fingerprint: String,
    created_at: String,
    last_reserved_at: Option<String>,
    store: String,
}

pub(super) fn run(report: ReportArgs, args: &StoreArgs) -> Result<(), Failure> {
    let mut listed = Vec::new();
    let mut failed = 0;
    for found in find(args)? {
        match found.and_then(|(url, name)| look(&url, name)) {
            Ok(series) => listed.push(series),
            // The others are there all the same.
            Err(failure) => {
                failed += 1;
                failure
                    .lines()
                    .iter()
                    .for_each(|line| message("warning", line));
            }
        }
    }
    let mut output = Output::new()?;
    match report.format {
        ReportFormat::Json => output.write_json(&listed)?,
        ReportFormat::Text => output.write(columns(listed).text().as_bytes())?,
    }
    match failed {
        0 => Ok(()),
        1 => Err(Failure::Undone("1 series could not be read".to_owned())),
        _ => Err(Failure::Undone(format!(
            "{failed} series could not be read"
        ))),
    }
}

type Found = Result<(StoreUrl, SeriesName), Failure>;

/// The series of the store that was named, else those in the user's state folder; in the order of their names.
fn find(args: &StoreArgs) -> Result<Vec<Found>, Failure> {
    let urls = match args.named_url()? {
        Some(url) => vec![url],
        None => state_files()?,
    };
    let mut found = Vec::new();
    for url in urls {
        match list_series(&url) {
            Ok(names) => found.extend(names.into_iter().map(|name| Ok((url.clone(), name)))),
            Err(error) => found.push(Err(error.into())),
        }
    }
    found.sort_by(|a: &Found, b: &Found| {
        let name = |found: &Found| found.as_ref().ok().map(|(_, name)| name.to_string());
        name(a).cmp(&name(b))
    });
    Ok(found)
}

fn state_files() -> Result<Vec<StoreUrl>, Failure> {
    let urls = StoreUrl::default_files().map_err(ArgsError::Url)?;
    urls.or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => Ok(Vec::new()),
        _ => Err(Failure::Undone(format!(
            "cannot list the user's state folder: {error}"
        ))),
    })
}

fn look(url: &StoreUrl, name: SeriesName) -> Result<Listed, Failure> {
    let options = SeriesOptions::named(name).opening(Opening::Existing);
    let store: Box<dyn OpenStore> = open_store(url, &options)?;
    let snapshot = store.snapshot()?;
    let timeline = snapshot.timeline.as_ref();
    let series = store.series();
    Ok(Listed {
        name: series.name().to_string(),
        prefix: series.prefix().to_string(),
        fingerprint: series.fingerprint().to_string(),
        created_at: rfc3339::utc(series.created_at_ms()),
        last_reserved_at: timeline
            .and_then(|timeline| timeline.last_reserved_at_ms())
            .map(rfc3339::utc),
        store: url.to_string(),
    })
}

fn columns(listed: Vec<Listed>) -> Columns<6> {
    let mut columns = Columns::new([
        "NAME",
        "PREFIX",
        "FINGERPRINT",
        "CREATED AT",
        "LAST RESERVED AT",
        "STORE",
    ]);
    for series in listed {
        let prefix = Some(series.prefix).filter(|prefix| !prefix.is_empty());
        columns.row([
            Some(series.name),
            prefix,
            Some(series.fingerprint),
            Some(series.created_at),
            series.last_reserved_at,
            Some(series.store),
        ]);
    }
    columns
}
