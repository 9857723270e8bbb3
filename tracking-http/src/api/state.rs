//! What the endpoints share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::time::{Instant, timeout_at};
use tracking_core::issued::Issued;
use tracking_core::judging::Look;
use tracking_core::order::Order;
use tracking_core::{AllocateError, Desk, Series, TrackingNumber, Verdict};
use tracking_ledger::{Recorder, RecordingDesk};
use tracking_programs::remedies::InOurWords;
use warp::reply::Response;

#[cfg(feature = "console")]
use crate::api::console::Console;
use crate::api::ledger_watch::LedgerWatch;
use crate::api::problems;
use crate::api::store_watch::StoreWatch;
use crate::api::turns::Turns;
#[cfg(feature = "console")]
use crate::console::Sample;
use crate::watch::logging::Throttle;
use crate::watch::metrics::{Metrics, Now, Seen};

/// How long a request waits for a number when the runway is empty.
const NUMBER_DEADLINE: Duration = Duration::from_secs(2);

/// How long `/readyz` waits; what asks it seldom waits longer than a second itself.
pub(crate) const READY_DEADLINE: Duration = Duration::from_millis(500);

/// The state behind the endpoints.
#[derive(Debug)]
pub(crate) struct Api {
    desk: Desk,
    store: Option<Arc<StoreWatch>>,
    recording: Option<Arc<RecordingDesk>>,
    ledger: Option<Arc<LedgerWatch>>,
    metrics: Arc<Metrics>,
    turns: Turns,
    tables: Tables,
    outages: Throttle,
    ledger_outages: Throttle,
    ending: AtomicBool,
    tokens_in_force: TokensInForce,
    #[cfg(feature = "console")]
    console: Option<Console>,
}

/// What is made of the tables of endpoints and problems, whose rows name this state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables {
    /// The OpenAPI document.
    pub(crate) document: fn() -> Bytes,
    /// How metrics call endpoints, with the console's pages or without, and kinds of problem, by their indices.
    pub(crate) endpoints: fn(bool) -> &'static [&'static str],
    pub(crate) problems: &'static [&'static str],
}

/// How many tokens are in force, where tokens are asked for.
pub(crate) struct TokensInForce(pub(crate) Box<dyn Fn() -> Option<usize> + Send + Sync>);

impl fmt::Debug for TokensInForce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", (self.0)())
    }
}

/// No number could be had in time. Why is in the log, and not for callers: it names the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoNumber {
    /// When asking again may help.
    pub(crate) retry_after: Duration,
}

impl NoNumber {
    pub(crate) fn answer(self) -> Response {
        problems::no_number(self.retry_after)
    }
}

impl Api {
    pub(crate) fn new(
        desk: Desk,
        recorder: Option<Recorder>,
        metrics: Arc<Metrics>,
        turns: Turns,
        tables: Tables,
        tokens_in_force: TokensInForce,
    ) -> Self {
        Self {
            store: StoreWatch::of(&desk).map(Arc::new),
            ledger: recorder.as_ref().map(LedgerWatch::of),
            recording: recorder
                .map(|recorder| Arc::new(RecordingDesk::new(desk.clone(), recorder))),
            desk,
            metrics,
            turns,
            tables,
            outages: Throttle::default(),
            ledger_outages: Throttle::default(),
            ending: AtomicBool::default(),
            tokens_in_force,
            #[cfg(feature = "console")]
            console: None,
        }
    }

    /// With the console's pages.
    #[cfg(feature = "console")]
    pub(crate) fn with_console(mut self) -> Self {
        self.console = Some(Console::default());
        self
    }

    #[cfg(feature = "console")]
    pub(crate) fn console(&self) -> Option<&Console> {
        self.console.as_ref()
    }

    /// Whether there are the console's pages.
    pub(crate) fn has_console(&self) -> bool {
        #[cfg(feature = "console")]
        let has_console = self.console.is_some();
        #[cfg(not(feature = "console"))]
        let has_console = false;
        has_console
    }

    /// A sample for the console's plots.
    #[cfg(feature = "console")]
    pub(crate) fn sample(&self) {
        if let Some(console) = &self.console {
            console.add(Sample {
                at_ms: self.desk.now_ms(),
                issued: self.metrics.requests.numbers_issued(),
                runway: self.desk.generator().status().runway,
            });
        }
    }

    /// How many tokens are in force, where tokens are asked for.
    pub(crate) fn tokens_in_force(&self) -> Option<usize> {
        (self.tokens_in_force.0)()
    }

    /// A look at the store, where that can be: `None` within where it does not answer in time, which is half a second.
    pub(crate) async fn store_look(&self) -> Option<Option<Arc<Look>>> {
        match &self.store {
            Some(store) => Some(store.watch().await),
            None => None,
        }
    }

    /// What issues and records, where there is a ledger.
    pub(crate) fn recording(&self) -> Option<&Arc<RecordingDesk>> {
        self.recording.as_ref()
    }

    /// Whether the ledger records, where there is one.
    pub(crate) fn ledger(&self) -> Option<&Arc<LedgerWatch>> {
        self.ledger.as_ref()
    }

    /// Numbers were issued.
    pub(crate) fn issued(&self, numbers: u64) {
        self.metrics.requests.issued(numbers);
    }

    pub(crate) fn may_log_of_ledger(&self) -> bool {
        self.ledger_outages.may_log()
    }

    /// The server is to end.
    pub(crate) fn end(&self) {
        // Relaxed: it guards nothing.
        self.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// The OpenAPI document.
    pub(crate) fn document(&self) -> Bytes {
        (self.tables.document)()
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.turns
    }

    /// What `/metrics` answers. It waits for the store half a second at most.
    pub(crate) async fn metrics_page(&self) -> String {
        let look = self.store_look().await;
        // That of a store that does not answer in time is none.
        let look = look.as_ref().map(Option::as_deref);
        self.metrics.page(&Now {
            endpoints: (self.tables.endpoints)(self.has_console()),
            problems: self.tables.problems,
            series: self.series(),
            status: self.desk.generator().status(),
            store: look.map(|look| look.and_then(seen)),
            tokens_in_force: self.tokens_in_force(),
            ledger: self.recording.as_ref().map(|desk| {
                let recorder = desk.recorder();
                (recorder.status(), recorder.ledger().doubts())
            }),
        })
    }

    pub(crate) fn series(&self) -> &Series {
        self.desk.series()
    }

    /// Whether the series could have issued a number; `None` where only the store could tell, which cannot
    /// be asked.
    pub(crate) async fn judge(&self, number: &TrackingNumber) -> Option<Verdict> {
        match &self.store {
            Some(store) => store.judge(self.series(), number).await,
            None => Some(self.series().judge(number, self.desk.now_ms(), None)),
        }
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// A number for an order, unless it must be waited for.
    pub(crate) fn issue_now<'a>(&self, order: &'a Order) -> Option<Issued<'a>> {
        let issued = self.desk.try_issue(order).ok()?;
        self.metrics.requests.issued(1);
        Some(issued)
    }

    /// A number for an order, within the deadline.
    pub(crate) async fn issue_soon<'a>(&self, order: &'a Order) -> Result<Issued<'a>, NoNumber> {
        let issued = self.soon(|desk| desk.try_issue(order)).await?;
        self.metrics.requests.issued(1);
        Ok(issued)
    }

    /// The next numbers, within the deadline: at least one, and no more than are in hand at once. They are not yet
    /// [`issued`](Self::issued).
    pub(crate) async fn numbers_soon(
        &self,
        numbers: &mut [TrackingNumber],
    ) -> Result<usize, NoNumber> {
        self.soon(|desk| desk.generator().try_fill(numbers)).await
    }

    /// What `take` takes without waiting, as soon as something is there.
    async fn soon<T>(
        &self,
        mut take: impl FnMut(&Desk) -> Result<T, AllocateError>,
    ) -> Result<T, NoNumber> {
        if let Ok(taken) = take(&self.desk) {
            return Ok(taken);
        }
        let deadline = Instant::now() + NUMBER_DEADLINE;
        loop {
            let ready = timeout_at(deadline, self.desk.generator().ready()).await;
            // Others wait too, and may have been quicker.
            match (take(&self.desk), ready) {
                (Ok(taken), _) => return Ok(taken),
                (Err(_), Ok(Ok(()))) if Instant::now() < deadline => {}
                (Err(_), Ok(Err(error))) | (Err(error), _) => return Err(self.no_number(&error)),
            }
        }
    }

    /// Whether the next request would get a number.
    pub(crate) async fn is_ready(&self) -> Result<(), NoNumber> {
        if self.desk.generator().status().runway > 0 {
            return Ok(());
        }
        let deadline = Instant::now() + READY_DEADLINE;
        match timeout_at(deadline, self.desk.generator().ready()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.no_number(&error)),
            Err(_) => Err(NoNumber {
                retry_after: Duration::from_secs(1),
            }),
        }
    }

    pub(crate) fn no_number(&self, error: &AllocateError) -> NoNumber {
        // Thousands of requests may fail for the same reason in the same second.
        if self.outages.may_log() {
            tracing::warn!(
                kind = error.kind(),
                "no number could be reserved: {}",
                InOurWords(error)
            );
        }
        NoNumber {
            retry_after: match error {
                AllocateError::Refused { .. } => Duration::from_secs(30),
                _ => Duration::from_secs(2),
            },
        }
    }
}

fn seen(look: &Look) -> Option<Seen<'_>> {
    Some(Seen {
        snapshot: look.snapshot()?,
        clock_ahead_ms: look.clock_ahead_ms(),
    })
}
