//! The verdict on a number, by a look at the store that is no older than it must be.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_core::{Clock, Reason, Series, Snapshot, Store, SystemClock, TrackingNumber, Verdict};

/// For how long a look is good enough to say that a number belongs.
const LOOK_MAX_AGE: Duration = Duration::from_secs(1);

/// How long a request waits for a look; then it is judged without.
const LOOK_DEADLINE: Duration = Duration::from_secs(2);

/// Judges numbers, by a store if there is one.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    eyes: Option<Arc<Eyes>>,
}

#[derive(Debug)]
struct Eyes {
    store: Arc<dyn Store>,
    last: Mutex<Option<Arc<Look>>>,
    /// Held while the store is read, which blocks: there is never more than one such thread.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Look {
    began: Instant,
    /// `None` where the store could not be read. That is remembered too, so that those who wait
    /// meanwhile need not all find out for themselves.
    snapshot: Option<Snapshot>,
}

impl Judge {
    pub(crate) fn by(store: Arc<dyn Store>) -> Self {
        let eyes = Eyes {
            store,
            last: Mutex::new(None),
            turn: Arc::default(),
        };
        Self {
            eyes: Some(Arc::new(eyes)),
        }
    }

    /// Whether a series could have issued a number that was received before now.
    pub(crate) async fn verdict(&self, series: &Series, number: &TrackingNumber) -> Verdict {
        let asked = Instant::now();
        let Some(eyes) = &self.eyes else {
            return judge(series, number, None);
        };
        let last = eyes
            .last()
            .filter(|look| asked.duration_since(look.began) < LOOK_MAX_AGE);
        let verdict = judge(series, number, last.as_deref());
        let is_certain = match verdict {
            Verdict::Belongs(_) => last.is_some(),
            // Another process may have issued it since the last look, from a lane new to that.
            Verdict::Refused(Reason::NotOfThisSeries | Reason::InTheFuture) => false,
            Verdict::Refused(_) => true,
        };
        if is_certain {
            return verdict;
        }
        match timeout(LOOK_DEADLINE, Arc::clone(eyes).look_since(asked)).await {
            Ok(look) => judge(series, number, look.as_deref()),
            Err(_) => judge(series, number, None),
        }
    }
}

impl Eyes {
    fn last(&self) -> Option<Arc<Look>> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A look that began after `asked`: all who wait for one share it.
    async fn look_since(self: Arc<Self>, asked: Instant) -> Option<Arc<Look>> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(look) = self.last().filter(|look| look.began >= asked) {
            return Some(look);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let began = Instant::now();
            let snapshot = self.store.snapshot();
            if let Err(error) = &snapshot {
                tracing::debug!(kind = error.kind(), "numbers are judged without the store");
            }
            let look = Arc::new(Look {
                began,
                snapshot: snapshot.ok(),
            });
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&look));
            // Also where nobody waits for it any more.
            drop(turn);
            look
        });
        reading.await.ok()
    }
}

fn judge(series: &Series, number: &TrackingNumber, look: Option<&Look>) -> Verdict {
    let snapshot = look.and_then(|look| Some((look.began, look.snapshot.as_ref()?)));
    let (now_ms, timeline) = match snapshot {
        None => (SystemClock.now_ms(), None),
        Some((began, snapshot)) => {
            let age_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            (
                snapshot.now_ms.saturating_add(age_ms),
                snapshot.timeline.as_ref(),
            )
        }
    };
    series.judge(number, now_ms, timeline)
}
