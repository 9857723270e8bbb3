//! Numbers that are in a ledger before they are printed, and requests that may be sent again.

use std::sync::Arc;
use std::time::Duration;

use tracking_core::issued::IssuedMany;
use tracking_core::order::Order;
use tracking_core::{Desk, rfc3339};
use tracking_ledger::{
    Asking, Claim, Fingerprint, IdempotencyKey, IssuedAndRecorded, Ledger, LedgerUrl, Recorder,
    RecordingDesk,
};

use crate::args::NextArgs;
use crate::failure::Failure;
use crate::output::message;

/// The route of the fingerprint: as the server's, so that a key is one and the same at both.
const ROUTE: &str = "tracking-numbers";

/// The most numbers that go with a key.
const KEYED_MAX: u32 = tracking_ledger::Recording::NUMBERS_MAX as u32;

/// How long a request with a key may take.
const KEYED_WITHIN: Duration = Duration::from_secs(10);

/// How long a page of up to 65,536 numbers may take. A ledger that fails says so sooner: each of its answers has a
/// time-out of its own.
const PAGE_WITHIN: Duration = Duration::from_secs(60);

/// Refuse what would not be recorded, before anything is opened.
pub(super) fn check(args: &NextArgs) -> Result<(), Failure> {
    let has_ledger = args.ledger.url()? != LedgerUrl::None;
    let needs = |option: &str, why: &str| {
        Err(Failure::Usage(format!(
            "{option} needs a ledger, which {why}: name one with --ledger or TRACKING_LEDGER"
        )))
    };
    match (&args.idempotency_key, &args.reference) {
        (Some(_), _) if !has_ledger => needs("--idempotency-key", "remembers the key"),
        (None, Some(_)) if !has_ledger => needs("--reference", "records it"),
        (Some(_), _) if !(1..=KEYED_MAX.into()).contains(&args.count) => {
            Err(Failure::Usage(format!(
                "expected 1 to {KEYED_MAX} numbers with --idempotency-key, found {}",
                args.count
            )))
        }
        _ => Ok(()),
    }
}

/// Records numbers of a desk.
pub(super) struct Recording<'a> {
    args: &'a NextArgs,
    desk: RecordingDesk,
}

impl<'a> Recording<'a> {
    pub(super) fn new(
        args: &'a NextArgs,
        desk: Desk,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, Failure> {
        let recorder = Recorder::start(ledger)
            .map_err(|error| Failure::Undone(format!("cannot start a thread: {error}")))?;
        Ok(Self {
            args,
            desk: RecordingDesk::new(desk, recorder),
        })
    }

    /// Record a page, which may be printed then.
    pub(super) fn record(&self, page: &IssuedMany<'_, '_>) -> Result<(), Failure> {
        Ok(self.desk.record_page(page, &self.asking(), PAGE_WITHIN)?)
    }

    /// The numbers of a key: those of before, which a note says, or new ones that are recorded under it.
    pub(super) fn issue(
        &self,
        key: &IdempotencyKey,
        order: &Order,
    ) -> Result<IssuedAndRecorded, Failure> {
        // It was seen that they are few.
        let count = u32::try_from(self.args.count).unwrap_or(KEYED_MAX);
        let mut asking = self.asking();
        asking.claim = Some(Claim {
            // As of callers without a token.
            scope: None,
            key: key.clone(),
            fingerprint: Fingerprint::of(ROUTE, count, order, asking.reference.as_ref()),
        });
        let issued = self.desk.issue(order, count, asking, KEYED_WITHIN)?;
        for number in &issued.collided {
            message(
                "warning",
                &format!(
                    "the ledger had {number} already, which was issued a second time and is not printed; is the series in two places at once, or was its store put back?"
                ),
            );
        }
        if issued.is_replay {
            message(
                "note",
                &format_args!(
                    "the idempotency key was used before: the same again, as issued at {}",
                    rfc3339::utc(issued.at_ms)
                ),
            );
        }
        // Keys whose time is over, where no server takes them out. If that fails, the next one does it.
        let _ = self.desk.recorder().ledger().sweep();
        Ok(issued)
    }

    fn asking(&self) -> Asking {
        Asking {
            reference: self.args.reference.clone(),
            ..Asking::default()
        }
    }
}
