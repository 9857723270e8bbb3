//! `tracking series`: show, create or restore one.

use serde::Serialize;
use tracking_core::{
    Clock, EPOCH_MS, LANES, Opening, Series, Snapshot, Store, SystemClock, TICK_MS, TICKS,
    open_store,
    timeline::{SHARED_FENCE_MS, Timeline},
};
use tracking_programs::args::StoreArgs;

use crate::args::{ReportArgs, ReportFormat, SeriesCommand};
use crate::failure::Failure;
use crate::output::instant::rfc3339;
use crate::output::table::Table;
use crate::output::{Output, message};
use crate::stores::{open_existing, warn};

/// A state is made within a second of its series, and then has the longest fence ahead.
const BIRTH_MS: i64 = 1_000 + SHARED_FENCE_MS as i64;

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
    #[serde(flatten)]
    shared: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// What matters where hosts share the store.
#[derive(Debug, Serialize)]
struct Shared {
    /// The identity of what holds the state.
    history: Option<String>,
    /// The lanes that were used, as far as the store knows, and the present one.
    lanes_in_use: Vec<u8>,
    /// Until when any lane may have been used: some of the state was lost then, or may have been.
    any_lane_until: Option<String>,
    /// The lanes from which nothing is granted yet.
    fences: Vec<Fence>,
    /// By how much the store's clock is ahead of this host's.
    clock_ahead_ms: i64,
}

#[derive(Debug, Serialize)]
struct Fence {
    lane: u8,
    until: String,
}

pub(crate) fn run(command: &SeriesCommand, args: &StoreArgs) -> Result<(), Failure> {
    match command {
        SeriesCommand::Show {
            name,
            reveal_key,
            report,
        } => {
            let named = name.as_ref().map(|name| args.with_series(name.clone()));
            let args = named.as_ref().unwrap_or(args);
            let store = open_existing(args)?;
            warn_of(&store, args);
            show(&store, args, *report, *reveal_key)
        }
        SeriesCommand::Create { report } => {
            let store = create(args)?;
            warn_of(&store, args);
            show(&store, args, *report, false)?;
            advise_backup();
            Ok(())
        }
        SeriesCommand::Restore { created, report } => {
            let store = restore(args, *created)?;
            warn_of(&store, args);
            show(&store, args, *report, false)?;
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
        return Err(Failure::Usage(format!(
            "{url}: a local store makes its own key: a key that was copied into two files is a series in two places at once; leave the key file out, or bring a lost series back with `tracking series restore`"
        )));
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
            "expected {} of the series that was lost: `(umask 077; tracking series show --reveal-key > backup.txt)` keeps both while it is there",
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
    // A later one would refuse numbers that are its own, for certain.
    let backed_up = args.backed_up_creation()?;
    if let (Some(given), Some(own)) = (created_at_ms, backed_up)
        && given > own
    {
        return Err(Failure::Usage(format!(
            "expected --created no later than the backup says, {}, found {}",
            rfc3339(own),
            rfc3339(given)
        )));
    }
    options.created_at_ms = created_at_ms;
    Ok(open_store(&url, &options)?)
}

fn advise_backup() {
    message(
        "note",
        "back up the key: without it a lost series cannot be restored, nor its numbers told; `(umask 077; tracking series show --reveal-key > backup.txt)` writes a file with it that you alone may read",
    );
}

/// What an operator should know of the store, and of the file with its key.
fn warn_of(store: &dyn Store, args: &StoreArgs) {
    let of_key_file = args.key_file_warning();
    for warning in store.warnings().into_iter().chain(of_key_file) {
        message("warning", &warning);
    }
}

fn show(
    store: &dyn Store,
    args: &StoreArgs,
    report_args: ReportArgs,
    reveal_key: bool,
) -> Result<(), Failure> {
    let report = Report::of(store, args.url()?.is_local(), reveal_key)?;
    let mut output = Output::new()?;
    match report_args.format {
        ReportFormat::Json => output.write_json(&report),
        ReportFormat::Text => output.write(report.table().text().as_bytes()),
    }
}

impl Report {
    fn of(store: &dyn Store, is_local: bool, reveal_key: bool) -> Result<Self, Failure> {
        let series: &Series = store.series();
        let snapshot = store.snapshot()?;
        let ours_ms = SystemClock.now_ms();
        let last_reserved = snapshot
            .timeline
            .as_ref()
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
            shared: (!is_local).then(|| Shared::of(series, &snapshot, ours_ms)),
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
        let table = match &self.shared {
            Some(shared) => shared.table(table),
            None => table,
        };
        match &self.key {
            Some(key) => table.line("key", key),
            None => table,
        }
    }
}

impl Shared {
    fn of(series: &Series, snapshot: &Snapshot, ours_ms: i64) -> Self {
        let timeline = snapshot.timeline.as_ref();
        let fence = |lane| {
            let until_ms = timeline?.fence_ms(lane, snapshot.now_ms)?;
            Some(Fence {
                lane,
                until: rfc3339(until_ms),
            })
        };
        Self {
            history: timeline.map(|timeline| timeline.history().to_string()),
            lanes_in_use: timeline.map_or(Vec::new(), |known| known.used_lanes().iter().collect()),
            any_lane_until: timeline
                .map(Timeline::doubt_ms)
                // Every state begins with the doubt of a second, in which nothing can be lost.
                .filter(|&until_ms| until_ms > series.created_at_ms() + BIRTH_MS)
                .map(rfc3339),
            fences: (0..LANES).filter_map(fence).collect(),
            clock_ahead_ms: snapshot.now_ms - ours_ms,
        }
    }

    fn table(&self, table: Table) -> Table {
        let lanes: Vec<_> = self.lanes_in_use.iter().map(u8::to_string).collect();
        let lanes = match (lanes.len(), &self.any_lane_until) {
            (0, _) => None,
            (_, None) => Some(lanes.join(", ")),
            (_, Some(until)) => Some(format!(
                "{}; until {until} it may have been any",
                lanes.join(", ")
            )),
        };
        let fences = self.fences.last().map(|last| match self.fences.len() {
            1 => format!("lane {} until {}", last.lane, last.until),
            count => format!("{count} lanes, lane {} until {}", last.lane, last.until),
        });
        table
            .maybe("history", &self.history)
            .maybe("lanes in use", &lanes)
            .maybe("fences", &fences)
            .line(
                "store's clock",
                format_args!("{:+} ms against this host's", self.clock_ahead_ms),
            )
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
