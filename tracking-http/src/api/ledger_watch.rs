//! Whether the ledger would record now: tried by a small write, no more often than is needed, one at a time, and never
//! where a number is waited for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_ledger::Recorder;

/// For how long a batch that was recorded, or a try that went well, is good enough; one that failed, a shorter time,
/// so that the ledger is soon seen to be back.
const MAX_AGE: Duration = Duration::from_secs(2);
const MAX_AGE_FAILED: Duration = Duration::from_secs(1);

/// For how long nothing new is sent here after a batch could not be recorded, whatever is tried meanwhile: a disk may
/// have room for little.
const REST: Duration = Duration::from_secs(5);

/// The ledger of a server, which is tried.
#[derive(Debug)]
pub(crate) struct LedgerWatch {
    recorder: Recorder,
    last: Mutex<Option<Tried>>,
    /// Held while the ledger is tried.
    turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Tried {
    began: Instant,
    is_well: bool,
}

impl LedgerWatch {
    pub(crate) fn of(recorder: &Recorder) -> Arc<Self> {
        Arc::new(Self {
            recorder: recorder.clone(),
            last: Mutex::default(),
            turn: Arc::default(),
        })
    }

    /// Whether the next batch would be recorded, as far as that is known; no answer in time is none.
    ///
    /// Under load the batches themselves tell, and nothing is written for it.
    pub(crate) async fn is_well(self: &Arc<Self>, within: Duration) -> bool {
        let status = self.recorder.status();
        if let Some(failed) = status.since_failure {
            if failed < REST {
                return false;
            }
        } else if status.since_commit.is_some_and(|ago| ago < MAX_AGE) {
            return true;
        }
        match self.recent() {
            Some(tried) => tried.is_well,
            // Goes on where nobody waits for it any more.
            None => timeout(within, tokio::spawn(Arc::clone(self).tried()))
                .await
                .is_ok_and(|tried| tried.is_ok_and(|tried| tried.is_well)),
        }
    }

    async fn tried(self: Arc<Self>) -> Tried {
        let _turn = Arc::clone(&self.turn).lock_owned().await;
        if let Some(tried) = self.recent() {
            return tried;
        }
        let began = Instant::now();
        let tried = self.recorder.ask(|ledger| ledger.probe()).await;
        if let Err(error) = &tried {
            tracing::debug!("the ledger would not record: {error}");
        }
        let tried = Tried {
            began,
            is_well: tried.is_ok(),
        };
        *self.last() = Some(tried);
        tried
    }

    fn recent(&self) -> Option<Tried> {
        let last = *self.last();
        last.filter(|tried| {
            tried.began.elapsed()
                < match tried.is_well {
                    true => MAX_AGE,
                    false => MAX_AGE_FAILED,
                }
        })
    }

    fn last(&self) -> MutexGuard<'_, Option<Tried>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
