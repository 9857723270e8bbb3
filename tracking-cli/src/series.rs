//! `tracking series`: show, create or restore one.

use serde::Serialize;
use tracking_core::args::StoreArgs;
use tracking_core::{
    Clock, EPOCH_MS, OpenError, Opening, Series, Store, SystemClock, TICK_MS, TICKS, open_store,
};

use crate::args::{ReportArgs, ReportFormat, SeriesCommand};
use crate::failure::Failure;
use crate::output::instant::rfc3339;
use crate::output::table::Table;
use crate::output::{Output, message};
use crate::stores::{open_existing, warn};

/// All that is known of a series.
#[derive(Debug, Serialize)]
struct Report {
    name: String,
    store: String,
    format: String,
    prefix: String,
    fingerprint: String,
    created_at: String,
    last_reserved_at: Option<String>,
    years_left: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

pub(crate) fn run(command: &SeriesCommand, args: &StoreArgs) -> Result<(), Failure> {
    match command {
        SeriesCommand::Show { reveal_key, report } => {
            let store = open_existing(args)?;
            show(&store, *report, *reveal_key)
        }
        SeriesCommand::Create { report } => {
            let store = create(args)?;
            show(&store, *report, false)?;
            advise_backup();
            Ok(())
        }
        SeriesCommand::Restore { created, report } => {
            let store = restore(args, *created)?;
            show(&store, *report, false)?;
            advise_backup();
            Ok(())
        }
    }
}

fn create(args: &StoreArgs) -> Result<Box<dyn Store>, Failure> {
    warn(args);
    let url = args.url()?;
    let options = args.options(Opening::New)?;
    if url.is_local() && options.key.is_some() {
        let store = url.to_string();
        return Err(Failure::Usage(OpenError::LocalKey { store }.to_string()));
    }
    Ok(open_store(&url, &options)?)
}

fn restore(args: &StoreArgs, created_at_ms: Option<i64>) -> Result<Box<dyn Store>, Failure> {
    warn(args);
    let url = args.url()?;
    let mut options = args.options(Opening::New)?;
    let missing = [
        ("--key-file", options.key.is_none()),
        ("--prefix", options.prefix.is_none()),
    ];
    let missing: Vec<_> = missing.iter().filter(|m| m.1).map(|m| m.0).collect();
    if !missing.is_empty() {
        return Err(Failure::Usage(format!(
            "expected {} of the series that was lost: `tracking series show --reveal-key` tells both while it is there",
            missing.join(" and ")
        )));
    }
    let now_ms = SystemClock.now_ms();
    if let Some(created) = created_at_ms.filter(|created| !(EPOCH_MS..=now_ms).contains(created)) {
        return Err(Failure::Usage(format!(
            "expected --created between {} and now, {}, found {}",
            rfc3339(EPOCH_MS),
            rfc3339(now_ms),
            rfc3339(created)
        )));
    }
    options.created_at_ms = created_at_ms;
    Ok(open_store(&url, &options)?)
}

fn advise_backup() {
    message(
        "note",
        "back up the key: without it a lost series cannot be restored, nor its numbers told; `tracking series show --reveal-key` prints it",
    );
}

fn show(store: &dyn Store, args: ReportArgs, reveal_key: bool) -> Result<(), Failure> {
    let report = Report::of(store, reveal_key)?;
    let mut output = Output::new()?;
    match args.format {
        ReportFormat::Json => output.write_json(&report),
        ReportFormat::Text => output.write(report.table().text().as_bytes()),
    }
}

impl Report {
    fn of(store: &dyn Store, reveal_key: bool) -> Result<Self, Failure> {
        let series: &Series = store.series();
        let snapshot = store.snapshot()?;
        let last_reserved = snapshot
            .timeline
            .and_then(|timeline| timeline.last_reserved_at_ms());
        Ok(Self {
            name: series.name().to_string(),
            store: store.to_string(),
            format: format!("^{}[0-9A-Z]{{13}}$", series.prefix()),
            prefix: series.prefix().to_string(),
            fingerprint: series.fingerprint().to_string(),
            created_at: rfc3339(series.created_at_ms()),
            last_reserved_at: last_reserved.map(rfc3339),
            years_left: years_left(snapshot.now_ms),
            key: reveal_key.then(|| series.key().expose_hex()),
        })
    }

    fn table(&self) -> Table {
        let table = Table::default()
            .line("name", &self.name)
            .line("store", &self.store)
            .line("format", &self.format)
            .line("prefix", &self.prefix)
            .line("fingerprint", &self.fingerprint)
            .line("created at", &self.created_at)
            .maybe("last reserved at", &self.last_reserved_at)
            .line("years left", format_args!("{:.1}", self.years_left));
        match &self.key {
            Some(key) => table.line("key", key),
            None => table,
        }
    }
}

/// Years until serials can no longer tell the time, rounded down to a tenth.
fn years_left(now_ms: i64) -> f64 {
    const TENTH_OF_A_YEAR_MS: i64 = 36_525 * 86_400;
    const _: () = assert!(TICKS * TICK_MS < i64::MAX as u64);
    let end_ms = EPOCH_MS + (TICKS * TICK_MS) as i64;
    let tenths = (end_ms.saturating_sub(now_ms) / TENTH_OF_A_YEAR_MS).max(0);
    tenths as f64 / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_of_thirty_eight_bits() {
        for (now_ms, years) in [
            (EPOCH_MS, 87.1),
            (EPOCH_MS + 365 * 86_400_000, 86.1),
            (i64::MAX, 0.0),
        ] {
            assert_eq!(years_left(now_ms), years);
        }
    }
}
