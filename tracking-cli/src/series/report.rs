//! All that is known of a series.

use serde::Serialize;
use tracking_core::rfc3339;
use tracking_core::store::Snapshot;
use tracking_core::store::timeline::{SHARED_FENCE_MS, Timeline};
use tracking_core::{Clock, OpenStore, Serial, Series, SystemClock};
use tracking_programs::years_left;

use crate::failure::Failure;
use crate::output::table::Table;

/// A state is made within a second of its series, and then has the longest fence ahead.
const BIRTH_MS: i64 = 1_000 + SHARED_FENCE_MS as i64;

/// All that is known of a series.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    name: String,
    store: String,
    format: String,
    prefix: String,
    fingerprint: String,
    created_at: String,
    last_reserved_at: Option<String>,
    #[serde(flatten)]
    moved: Option<MovedAway>,
    years_left: f64,
    #[serde(flatten)]
    shared: Option<Shared>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// Where the series was moved away.
#[derive(Debug, Serialize)]
struct MovedAway {
    moved_at: String,
    moved_by_export: String,
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

impl Report {
    pub(super) fn of(
        store: &dyn OpenStore,
        is_local: bool,
        reveal_key: bool,
    ) -> Result<Self, Failure> {
        let series: &Series = store.series();
        let snapshot = store.snapshot()?;
        let ours_ms = SystemClock.now_ms();
        let last_reserved = snapshot
            .timeline
            .as_ref()
            .and_then(|timeline| timeline.last_reserved_at_ms());
        let moved = snapshot.timeline.as_ref().and_then(Timeline::moved);
        Ok(Self {
            name: series.name().to_string(),
            store: store.to_string(),
            format: format!("^{}[0-9A-Z]{{13}}$", series.prefix()),
            prefix: series.prefix().to_string(),
            fingerprint: series.fingerprint().to_string(),
            created_at: rfc3339::utc(series.created_at_ms()),
            last_reserved_at: last_reserved.map(rfc3339::utc),
            moved: moved.map(|moved| MovedAway {
                moved_at: rfc3339::utc(moved.at_ms),
                moved_by_export: moved.id.to_string(),
            }),
            years_left: years_left(snapshot.now_ms),
            shared: (!is_local).then(|| Shared::of(series, &snapshot, ours_ms)),
            key: reveal_key.then(|| series.key().expose_hex()),
        })
    }

    pub(super) fn table(&self) -> Table {
        let moved = self.moved.as_ref().map(|moved| {
            let (at, id) = (&moved.moved_at, &moved.moved_by_export);
            format!("{at}, by export {id}")
        });
        let table = Table::default()
            .line("name", &self.name)
            .line("store", &self.store)
            .line("format", &self.format)
            .line("prefix", &self.prefix)
            .line("fingerprint", &self.fingerprint)
            .line("created at", &self.created_at)
            .maybe("last reserved at", &self.last_reserved_at);
        let table = match &moved {
            Some(moved) => table.line("moved away", moved),
            None => table,
        };
        let table = table.line("years left", format_args!("{:.1}", self.years_left));
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
                until: rfc3339::utc(until_ms),
            })
        };
        Self {
            history: timeline.map(|timeline| timeline.history().to_string()),
            lanes_in_use: timeline.map_or(Vec::new(), |known| known.used_lanes().iter().collect()),
            any_lane_until: timeline
                .map(Timeline::doubt_ms)
                // Every state begins with the doubt of a second, in which nothing can be lost.
                .filter(|&until_ms| until_ms > series.created_at_ms() + BIRTH_MS)
                .map(rfc3339::utc),
            fences: (0..Serial::LANES).filter_map(fence).collect(),
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
