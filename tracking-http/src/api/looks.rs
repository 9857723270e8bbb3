//! Looks at the store: no more often than they are needed, one at a time, and never waited for too long.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_core::{Clock, Store, SystemClock};

use crate::watch::metrics::Look;

/// For how long a look is good enough for who watches the store; one that failed, a shorter time, so that
/// it is soon seen to be back.
const WATCH_MAX_AGE: Duration = Duration::from_secs(10);
const WATCH_MAX_AGE_FAILED: Duration = Duration::from_secs(1);

/// How long who watches waits for a look.
const WATCH_DEADLINE: Duration = Duration::from_millis(500);

/// A store that is looked at.
#[derive(Debug)]
pub(crate) struct Looks {
    store: Arc<dyn Store>,
    last: Mutex<Option<Arc<Look>>>,
    /// The last one that saw anything.
    seen: Mutex<Option<Arc<Look>>>,
    /// Held while the store is read, which blocks: there is never more than one such thread.
    turn: Arc<tokio::sync::Mutex<()>>,
}

fn look_at(store: &dyn Store) -> Look {
    let began = Instant::now();
    let before_ms = SystemClock.now_ms();
    let snapshot = store.snapshot();
    let after_ms = SystemClock.now_ms();
    if let Err(error) = &snapshot {
        tracing::debug!(kind = error.kind(), "the store cannot be looked at");
    }
    let snapshot = snapshot.ok();
    let store_ms = snapshot.as_ref().map_or(before_ms, |seen| seen.now_ms);
    Look {
        began,
        snapshot,
        clock_ahead_ms: ahead_ms(store_ms, before_ms, after_ms),
    }
}

/// By how much a clock that was read between two moments of ours is ahead of it, at least.
fn ahead_ms(store_ms: i64, before_ms: i64, after_ms: i64) -> i64 {
    // Our clock may have been set back in between.
    let possible = before_ms.min(after_ms)..=before_ms.max(after_ms);
    store_ms - store_ms.clamp(*possible.start(), *possible.end())
}

impl Looks {
    pub(crate) fn at(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            last: Mutex::new(None),
            seen: Mutex::new(None),
            turn: Arc::default(),
        }
    }

    pub(crate) fn last(&self) -> Option<Arc<Look>> {
        locked(&self.last).clone()
    }

    /// The newest look that saw the store, however long ago.
    pub(crate) fn seen(&self) -> Option<Arc<Look>> {
        locked(&self.seen).clone()
    }

    /// A look that is recent enough to watch the store by; `None` where it does not answer.
    pub(crate) async fn watch(self: &Arc<Self>) -> Option<Arc<Look>> {
        let asked = Instant::now();
        let recent = |look: &Arc<Look>| {
            asked.saturating_duration_since(look.began)
                < match look.snapshot {
                    Some(_) => WATCH_MAX_AGE,
                    None => WATCH_MAX_AGE_FAILED,
                }
        };
        match self.last().filter(recent) {
            Some(look) => Some(look),
            None => timeout(WATCH_DEADLINE, Arc::clone(self).since(asked))
                .await
                .ok()?,
        }
    }

    /// A look that began after `asked`: all who wait for one share it.
    pub(crate) async fn since(self: Arc<Self>, asked: Instant) -> Option<Arc<Look>> {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(look) = self.last().filter(|look| look.began >= asked) {
            return Some(look);
        }
        let reading = tokio::task::spawn_blocking(move || {
            let look = Arc::new(look_at(&*self.store));
            if look.snapshot.is_some() {
                *locked(&self.seen) = Some(Arc::clone(&look));
            }
            *locked(&self.last) = Some(Arc::clone(&look));
            // Also where nobody waits for it any more.
            drop(turn);
            look
        });
        reading.await.ok()
    }
}

fn locked(look: &Mutex<Option<Arc<Look>>>) -> MutexGuard<'_, Option<Arc<Look>>> {
    look.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_look_tells_of_the_clock() {
        for (store_ms, before_ms, after_ms, ahead) in [
            (100, 100, 100, 0),
            // It may have been read at any moment of the look.
            (100, 90, 110, 0),
            (120, 90, 110, 10),
            (80, 90, 110, -10),
            // Ours was set back meanwhile.
            (100, 110, 90, 0),
            (120, 110, 90, 10),
        ] {
            assert_eq!(ahead_ms(store_ms, before_ms, after_ms), ahead);
        }
    }
}
