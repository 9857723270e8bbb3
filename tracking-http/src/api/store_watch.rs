//! Looks at the store: no more often than they are needed, one at a time, and never waited for too long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_core::judging::{Look, Looks};
use tracking_core::{Desk, Series, TrackingNumber, Verdict};

use crate::watch::aside::aside;

/// For how long a look is good enough for who watches the store; one that failed, a shorter time, so that
/// it is soon seen to be back.
const WATCH_MAX_AGE: Duration = Duration::from_secs(10);
const WATCH_MAX_AGE_FAILED: Duration = Duration::from_secs(1);

/// How long who watches waits for a look.
const WATCH_DEADLINE: Duration = Duration::from_millis(500);

/// How long a request waits for a look; then the store cannot be asked.
const JUDGE_DEADLINE: Duration = Duration::from_secs(2);

/// The store of a desk, which is looked at.
#[derive(Debug)]
pub(crate) struct StoreWatch {
    desk: Desk,
    looks: Mutex<Looks>,
    /// Held while the store is read, which blocks: there is never more than one such thread.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl StoreWatch {
    /// None where that cannot be.
    pub(crate) fn of(desk: &Desk) -> Option<Self> {
        desk.store().map(|_| Self {
            desk: desk.clone(),
            looks: Mutex::default(),
            turn: Arc::default(),
        })
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the series could have issued a number that was received before now; `None` where the store could
    /// not be asked, and it alone could tell.
    pub(crate) async fn judge(
        self: &Arc<Self>,
        series: &Series,
        number: &TrackingNumber,
    ) -> Option<Verdict> {
        let received = Instant::now();
        let verdict = self.looks().try_judge(series, number, received);
        if verdict.is_some() {
            return verdict;
        }
        let look = timeout(JUDGE_DEADLINE, Arc::clone(self).since(received)).await;
        let look = look.ok().flatten();
        look.and_then(|look| look.judge(series, number))
            .or_else(|| self.looks().judge_unasked(series, number))
    }

    /// A look that is recent enough to watch the store by; `None` where it does not answer.
    pub(crate) async fn watch(self: &Arc<Self>) -> Option<Arc<Look>> {
        let asked = Instant::now();
        let recent = |look: &Arc<Look>| {
            asked.saturating_duration_since(look.began())
                < match look.snapshot() {
                    Some(_) => WATCH_MAX_AGE,
                    // That is remembered, too, so that those who wait meanwhile need not all find out for
                    // themselves.
                    None => WATCH_MAX_AGE_FAILED,
                }
        };
        let last = self.looks().last().cloned();
        match last.filter(recent) {
            Some(look) => Some(look),
            None => timeout(WATCH_DEADLINE, Arc::clone(self).since(asked))
                .await
                .ok()?,
        }
    }

    /// A look that began after `asked`: all who wait for one share it.
    async fn since(self: Arc<Self>, asked: Instant) -> Option<Arc<Look>> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let last = self.looks().last().cloned();
        if let Some(look) = last.filter(|look| look.began() >= asked) {
            return Some(look);
        }
        let reading = aside(move || {
            let look = Look::at(self.desk.store()?);
            if let Some(error) = look.error() {
                tracing::debug!(kind = error.kind(), "the store cannot be looked at");
            }
            let look = self.looks().take(look);
            // Also where nobody waits for it any more.
            drop(turn);
            Some(look)
        });
        reading.await.ok().flatten()
    }
}
