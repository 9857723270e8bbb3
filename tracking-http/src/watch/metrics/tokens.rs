//! The file of API tokens, where the server has one.

use std::sync::OnceLock;

use prometheus::{IntCounterVec, IntGauge};

use super::TokensRead;
use super::make::Maker;

/// Shown only once a file was read: a server without one has nothing to be alerted of.
#[derive(Default)]
pub(super) struct Tokens(OnceLock<Shown>);

struct Shown {
    broken: IntGauge,
    reads: IntCounterVec,
}

impl TokensRead {
    const ALL: [Self; 2] = [Self::Taken, Self::Refused];

    fn label(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
        }
    }
}

impl Tokens {
    pub(super) fn read(&self, made: &Maker, outcome: TokensRead) {
        let shown = self.0.get_or_init(|| {
            let reads = made.counters(
                "tracking_token_file_reads_total",
                "Readings of the file of tokens, by outcome.",
                "outcome",
            );
            for outcome in TokensRead::ALL {
                reads.with_label_values(&[outcome.label()]);
            }
            Shown {
                broken: made.whole_gauge(
                    "tracking_token_file_broken",
                    "Whether the file of tokens was refused when it was read last.",
                ),
                reads,
            }
        });
        shown.broken.set((outcome == TokensRead::Refused).into());
        shown.reads.with_label_values(&[outcome.label()]).inc();
    }
}
