//! The thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::queue::{Job, Queue};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::recording::Recorded;

/// The most numbers of one commit: a few milliseconds of work, so that nobody waits long for those before.
pub(super) const COMMIT_NUMBERS: usize = 2_048;

/// How often keys whose time is over are swept, while few are.
const SWEEP: Duration = Duration::from_secs(10);

/// What a full sweep deletes: there may be more.
const SWEPT_MAX: u64 = 1_000;

pub(super) struct Writer {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) queue: Arc<Queue<Job>>,
    pub(super) counts: Arc<Counts>,
}

/// What a recorder has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecorderStatus {
    /// Numbers that wait now.
    pub queued: u64,
    /// Commits that succeeded.
    pub commits: u64,
    /// Batches that failed, with an error for all who waited.
    pub failures: u64,
    /// Numbers that were recorded.
    pub recorded: u64,
    /// Recordings that were answered with what was recorded before.
    pub replayed: u64,
    /// Numbers that somebody else had: each was issued twice.
    pub collided: u64,
    /// Whether the last batch was recorded.
    pub is_well: bool,
    /// How long ago the last batch failed, if none was recorded since.
    pub since_failure: Option<Duration>,
    /// How long ago the last batch was recorded, if one was.
    pub since_commit: Option<Duration>,
}

pub(super) struct Counts {
    began: Instant,
    /// When the last batch failed, in milliseconds since then.
    failed_at_ms: AtomicU64,
    /// When the last batch was recorded.
    recorded_at_ms: AtomicU64,
    commits: AtomicU64,
    failures: AtomicU64,
    recorded: AtomicU64,
    replayed: AtomicU64,
    collided: AtomicU64,
    /// Batches that failed since one succeeded.
    failing: AtomicU64,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            failed_at_ms: AtomicU64::new(0),
            recorded_at_ms: AtomicU64::new(0),
            commits: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            recorded: AtomicU64::new(0),
            replayed: AtomicU64::new(0),
            collided: AtomicU64::new(0),
            failing: AtomicU64::new(0),
        }
    }
}

impl Counts {
    pub(super) fn status(&self, queued: usize) -> RecorderStatus {
        RecorderStatus {
            queued: queued as u64,
            commits: self.commits.load(Relaxed),
            failures: self.failures.load(Relaxed),
            recorded: self.recorded.load(Relaxed),
            replayed: self.replayed.load(Relaxed),
            collided: self.collided.load(Relaxed),
            is_well: self.failing.load(Relaxed) == 0,
            since_failure: (self.failing.load(Relaxed) > 0).then(|| self.since(&self.failed_at_ms)),
            since_commit: (self.commits.load(Relaxed) > 0)
                .then(|| self.since(&self.recorded_at_ms)),
        }
    }

    fn since(&self, at_ms: &AtomicU64) -> Duration {
        let at = Duration::from_millis(at_ms.load(Relaxed));
        self.began.elapsed().saturating_sub(at)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn fail(&self) {
        self.failures.fetch_add(1, Relaxed);
        self.failed_at_ms.store(self.now_ms(), Relaxed);
        self.failing.fetch_add(1, Relaxed);
    }

    fn succeed(&self) {
        self.recorded_at_ms.store(self.now_ms(), Relaxed);
        self.commits.fetch_add(1, Relaxed);
        self.failing.store(0, Relaxed);
    }

    fn count(&self, numbers: usize, outcome: &Recorded) {
        match outcome {
            Recorded::New => self.recorded.fetch_add(numbers as u64, Relaxed),
            Recorded::Replayed(_) => self.replayed.fetch_add(1, Relaxed),
            Recorded::Collided(taken) => self.collided.fetch_add(taken.len() as u64, Relaxed),
            Recorded::KeyReused => 0,
        };
    }
}

/// Nobody waits for a thread that is gone.
struct Ends(Arc<Queue<Job>>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    pub(super) fn run(self) {
        let _ends = Ends(Arc::clone(&self.queue));
        let mut swept = Instant::now();
        loop {
            let jobs = self.queue.take(COMMIT_NUMBERS);
            if jobs.is_empty() {
                return;
            }
            if !self.commit(jobs) {
                continue;
            }
            // Under load a sweep a commit deletes as much as is added; else one now and then.
            let sweep = || self.ledger.sweep().is_ok_and(|count| count < SWEPT_MAX);
            if swept.elapsed() > SWEEP && catch_unwind(AssertUnwindSafe(sweep)).unwrap_or(true) {
                swept = Instant::now();
            }
        }
    }

    /// One transaction of those that are still awaited, and word of it to them. Whether there was one, and it was
    /// recorded.
    pub(super) fn commit(&self, jobs: Vec<Job>) -> bool {
        // Whoever still waits is under way until it is known what became of them, even if they wait no longer.
        let mut turns = Vec::new();
        let awaited = jobs.into_iter().filter(|job| {
            // Taken first: a turn that has ended is of one that nobody awaits.
            let turn = job.recording.turn();
            let is_awaited = job.answer.is_awaited();
            turns.extend(turn.filter(|_| is_awaited));
            is_awaited
        });
        let (batch, answers): (Vec<_>, Vec<_>) =
            awaited.map(|job| (job.recording, job.answer)).unzip();
        if batch.is_empty() {
            return false;
        }
        // A panic of a driver is a batch that failed, whose fate is unknown: nobody is told that it was recorded.
        let recorded = catch_unwind(AssertUnwindSafe(|| self.ledger.record(&batch)));
        let recorded = recorded.unwrap_or_else(|_| {
            Err(LedgerError::unavailable(
                &self.ledger.to_string(),
                "it panicked",
            ))
        });
        drop(turns);
        match recorded {
            Ok(outcomes) => {
                self.counts.succeed();
                for ((recording, answer), outcome) in batch.iter().zip(answers).zip(outcomes) {
                    self.counts.count(recording.numbers().len(), &outcome);
                    answer.give(Ok(outcome));
                }
                true
            }
            Err(error) => {
                self.counts.fail();
                for answer in answers {
                    answer.give(Err(error.clone()));
                }
                false
            }
        }
    }
}
