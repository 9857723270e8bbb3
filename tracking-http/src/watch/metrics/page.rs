//! What `/metrics` answers: what was counted, and how things are now.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

use prometheus::{IntCounter, TEXT_FORMAT, TextEncoder};
use tracking_core::generator::Status;
use tracking_core::store::Snapshot;
use tracking_core::{Serial, Series};
use tracking_ledger::{Doubts, RecorderStatus};

use super::Metrics;
use super::make::Maker;

/// The type of the page.
pub(crate) const CONTENT_TYPE: &str = TEXT_FORMAT;

/// What was seen of a store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) snapshot: &'a Snapshot,
    /// By how much the store's clock was ahead of ours, at least.
    pub(crate) clock_ahead_ms: i64,
}

/// What is looked at for a page.
pub(crate) struct Now<'a> {
    /// The endpoints, and the kinds of problem, by their indices.
    pub(crate) endpoints: &'a [&'static str],
    pub(crate) problems: &'a [&'static str],
    pub(crate) series: &'a Series,
    pub(crate) status: Status,
    /// Of the store, where there is one; `None` within where it did not answer in time.
    pub(crate) store: Option<Option<Seen<'a>>>,
    /// Where tokens are needed. They expire without anybody's doing.
    pub(crate) tokens_in_force: Option<usize>,
    /// What was recorded, where there is a ledger, and what became of batches whose commit failed.
    pub(crate) ledger: Option<(RecorderStatus, Doubts)>,
}

impl Metrics {
    /// The page.
    #[expect(
        clippy::expect_used,
        reason = "a registry gathers no empty family, and a String takes every write"
    )]
    pub(crate) fn page(&self, now: &Now<'_>) -> String {
        let made = Maker::default();
        self.of_process(&made, now.series);
        self.of_problems(&made, now.problems);
        of_runway(&made, &now.status);
        if let Some(seen) = now.store {
            self.of_store(&made, seen);
        }
        if let Some(in_force) = now.tokens_in_force {
            made.set(
                "tracking_tokens_in_force",
                "API tokens in force.",
                in_force as f64,
            );
        }
        if let Some((status, doubts)) = now.ledger {
            of_ledger(&made, &status, doubts);
        }
        let durations = self.requests.show(&made, now.endpoints);
        let mut families = [self.made.families(), made.families(), vec![durations]].concat();
        families.sort_by(|a, b| a.name().cmp(b.name()));
        let text = TextEncoder::new().encode_to_string(&families);
        text.expect("metrics are written to a String")
    }

    fn of_problems(&self, made: &Maker, names: &[&str]) {
        let problems = made.counters(
            "tracking_http_problems_total",
            "Answers that are problems, by the last part of their type.",
            "kind",
        );
        for (name, count) in names.iter().zip(&self.problems) {
            let count = count.load(Ordering::Relaxed);
            problems.with_label_values(&[*name]).inc_by(count);
        }
    }

    fn of_process(&self, made: &Maker, series: &Series) {
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        made.set(
            "process_start_time_seconds",
            "Start of the process, in seconds since the Unix epoch.",
            started.as_secs_f64(),
        );
        made.info(
            "tracking_build_info",
            "1; what is running, in labels.",
            [("version", env!("CARGO_PKG_VERSION"))],
        );
        made.info(
            "tracking_series_info",
            "1; the series that numbers are of, in labels.",
            [
                ("name", series.name().as_str()),
                ("prefix", series.prefix().as_str()),
                ("fingerprint", &series.fingerprint().to_string()),
            ],
        );
    }

    fn of_store(&self, made: &Maker, seen: Option<Seen<'_>>) {
        made.set(
            "tracking_store_up",
            "Whether the store's state could be read at the last look.",
            if seen.is_some() { 1.0 } else { 0.0 },
        );
        let Some(Seen {
            snapshot,
            clock_ahead_ms,
        }) = seen
        else {
            return;
        };
        made.set(
            "tracking_store_clock_ahead_seconds",
            "By how much the store's clock is ahead of this host's, at least; negative where it is behind.",
            clock_ahead_ms as f64 / 1e3,
        );
        of_timeline(made, snapshot);
        let mut histories = self
            .histories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        histories.see(snapshot);
    }
}

fn of_ledger(made: &Maker, status: &RecorderStatus, doubts: Doubts) {
    made.set(
        "tracking_ledger_up",
        "Whether the last batch was recorded.",
        if status.is_well { 1.0 } else { 0.0 },
    );
    made.set(
        "tracking_ledger_queued_numbers",
        "Numbers that wait to be recorded.",
        status.queued as f64,
    );
    for (name, help, count) in [
        (
            "tracking_ledger_commits_total",
            "Transactions of the ledger that succeeded.",
            status.commits,
        ),
        (
            "tracking_ledger_failures_total",
            "Batches that the ledger could not record.",
            status.failures,
        ),
        (
            "tracking_ledger_numbers_total",
            "Numbers that were recorded.",
            status.recorded,
        ),
        (
            "tracking_ledger_replays_total",
            "Recordings that were answered with what their key had got before.",
            status.replayed,
        ),
        (
            "tracking_ledger_collisions_total",
            "Numbers that the ledger had already, and that were given to nobody: each was issued twice.",
            status.collided,
        ),
        (
            "tracking_ledger_unanswered_numbers_total",
            "Numbers that were recorded though their commit seemed to fail, and that were given to nobody.",
            doubts.recorded,
        ),
    ] {
        made.counter(name, help).inc_by(count);
    }
}

fn of_runway(made: &Maker, status: &Status) {
    made.set(
        "tracking_runway_numbers",
        "Serials reserved and not yet used.",
        status.runway as f64,
    );
    made.set(
        "tracking_rate_numbers_per_second",
        "Numbers issued a second, as the runway is planned for.",
        status.rate as f64,
    );
    // While nothing is issued it would be endless.
    if status.rate > 0 {
        made.set(
            "tracking_runway_seconds",
            "For how long the runway lasts at the present rate.",
            status.runway as f64 / status.rate as f64,
        );
    }
}

fn of_timeline(made: &Maker, snapshot: &Snapshot) {
    let Some(timeline) = &snapshot.timeline else {
        return;
    };
    let count =
        |counted: &dyn Fn(u8) -> bool| (0..Serial::LANES).filter(|lane| counted(*lane)).count();
    made.set(
        "tracking_lanes_in_use",
        "Lanes that the store knows to have been used; each change of its history takes another one.",
        count(&|lane| timeline.used_lanes().contains(lane)) as f64,
    );
    made.set(
        "tracking_lanes_fenced",
        "Lanes from which nothing is granted yet.",
        count(&|lane| timeline.fence_ms(lane, snapshot.now_ms).is_some()) as f64,
    );
    if let Some(ms) = timeline.last_reserved_at_ms() {
        made.set(
            "tracking_last_reserved_timestamp_seconds",
            "Last reservation by anybody, by the store's clock, in seconds since the Unix epoch.",
            ms as f64 / 1e3,
        );
    }
}

/// Who held the store's state, as far as looks at it show.
pub(super) struct Histories {
    last: Option<String>,
    changes: IntCounter,
}

impl Histories {
    pub(super) fn new(made: &Maker) -> Self {
        Self {
            last: None,
            changes: made.counter(
                "tracking_store_history_changes_total",
                "Changes of the store's history that were seen: a restart, a failover, a loss of state.",
            ),
        }
    }

    fn see(&mut self, snapshot: &Snapshot) {
        let Some(timeline) = &snapshot.timeline else {
            return;
        };
        let history = timeline.history().as_str();
        if self.last.as_deref() != Some(history) {
            if self.last.is_some() {
                self.changes.inc();
            }
            self.last = Some(history.to_owned());
        }
    }
}
