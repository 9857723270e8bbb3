//! Reservations, by outcome.

use std::time::Duration;

use prometheus::{Histogram, IntCounter, IntCounterVec};
use tracking_core::{AllocateError, Block};

use super::make::Maker;

const GRANTED: &str = "granted";

/// The outcomes that are shown from the start, so that a first failure is seen as a rise. The others are
/// those of `AllocateError::kind`.
const OUTCOMES: [&str; 5] = [GRANTED, "not-yet", "clock", "unavailable", "refused"];

pub(super) struct Reservations {
    by_outcome: IntCounterVec,
    durations: Histogram,
    serials: IntCounter,
}

impl Reservations {
    pub(super) fn new(made: &Maker) -> Self {
        let by_outcome = made.counters(
            "tracking_reservations_total",
            "Attempts to reserve serials in the store, by outcome.",
            "outcome",
        );
        for outcome in OUTCOMES {
            by_outcome.with_label_values(&[outcome]);
        }
        let durations = made.durations(
            "tracking_reservation_duration_seconds",
            "Time that the store took for an attempt to reserve serials.",
        );
        Self {
            by_outcome,
            durations,
            serials: made.counter(
                "tracking_serials_reserved_total",
                "Serials that the store granted.",
            ),
        }
    }

    /// Seldom enough to look labels up: one for tens of thousands of numbers.
    pub(super) fn ended(&self, elapsed: Duration, answer: &Result<Block, AllocateError>) {
        let outcome = match answer {
            Ok(block) => {
                self.serials.inc_by(block.length().get().into());
                GRANTED
            }
            Err(error) => error.kind(),
        };
        self.by_outcome.with_label_values(&[outcome]).inc();
        self.durations.observe(elapsed.as_secs_f64());
    }
}
