//! What many callers record, gathered into few commits.

mod pending;
mod queue;
mod readers;
mod writer;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use self::pending::Pending;
use self::pending::Slot;
use self::queue::{Job, Queue};
use self::readers::Readers;
pub use self::writer::RecorderStatus;
use self::writer::{Counts, Writer};
use crate::error::LedgerError;
use crate::key::Claim;
use crate::ledger::Ledger;
use crate::recording::{KeyState, Recorded, Recording};

/// Records for many callers at once. Its clones share one queue and one writer.
///
/// Whatever has queued during one commit is the next transaction: nobody lingers for company, and under load a
/// commit is shared by hundreds. Where the ledger fails, those who waited for that commit get the error; the next
/// commit holds only its own, on a new connection, so a recorder goes on by itself when its ledger does.
///
/// One commit at a time. With two in flight MariaDB recorded 1.02 times as many (the median of 14 alternating pairs of
/// the program `ledger` of `tracking-bench`, 0.82 to 1.22 times, on two cores that others used, too): the servers
/// gather commits, and so does the queue, so there is little left to overlap.
///
/// The queue holds 16,384 numbers; what comes on top is refused at once. What nobody waits for any more, since its
/// deadline is over, is not recorded if its commit has not begun.
///
/// Its threads end when the last clone is gone and what waits then is recorded. A child of `fork` has no such threads,
/// and must not use its parent's recorder.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    ledger: Arc<dyn Ledger>,
    queue: Arc<Queue<Job>>,
    readers: Readers,
    /// Looks keys up and does nothing else: no slow page keeps a request that is sent again waiting.
    keys: Readers,
    counts: Arc<Counts>,
}

/// How many numbers wait at most.
const QUEUED_MAX: usize = 16_384;

// The largest recording fits, and so does one commit's worth behind it.
const _: () = assert!(Recording::NUMBERS_MAX + writer::COMMIT_NUMBERS <= QUEUED_MAX);

impl Recorder {
    /// Starts the threads of a recorder: one that writes, two that read and one that looks keys up.
    ///
    /// # Errors
    /// The system's, where it starts no thread.
    pub fn start(ledger: Arc<dyn Ledger>) -> io::Result<Self> {
        let readers = Readers::start(&ledger, 2)?;
        let keys = Readers::start(&ledger, 1)?;
        let recorder = Self::of(ledger, readers, keys);
        let writer = recorder.0.writer();
        thread::Builder::new()
            .name("ledger-writer".into())
            .spawn(move || writer.run())?;
        Ok(recorder)
    }

    fn of(ledger: Arc<dyn Ledger>, readers: Readers, keys: Readers) -> Self {
        Self(Arc::new(Inner {
            ledger,
            queue: Arc::new(Queue::new(QUEUED_MAX)),
            readers,
            keys,
            counts: Arc::default(),
        }))
    }

    /// Without threads: whoever simulates it calls [`commit`](Self::commit) and [`look_up`](Self::look_up).
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn by_hand(ledger: Arc<dyn Ledger>) -> Self {
        Self::of(
            ledger,
            Readers::without_threads(),
            Readers::without_threads(),
        )
    }

    /// A turn of the thread that writes, without it: one commit of what is queued. Whether something was recorded.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn commit(&self) -> bool {
        let jobs = self.0.queue.take_now(writer::COMMIT_NUMBERS);
        !jobs.is_empty() && self.0.writer().commit(jobs)
    }

    /// A turn of each thread that reads, without it.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn look_up(&self) {
        for readers in [&self.0.readers, &self.0.keys] {
            readers.turn(&*self.0.ledger);
        }
    }

    /// Its ledger.
    #[must_use]
    pub fn ledger(&self) -> &dyn Ledger {
        &*self.0.ledger
    }

    /// Records, and waits until that is durable, no longer than this.
    ///
    /// # Errors
    /// [`LedgerError::Unavailable`] when the time is over, too many wait, or the ledger cannot be used; other errors
    /// as [`Ledger::record`]. The numbers must not be given out then; whether they were recorded is not known.
    pub fn record(
        &self,
        recording: Recording,
        deadline: Duration,
    ) -> Result<Recorded, LedgerError> {
        self.submit(recording).wait(deadline)
    }

    /// Records, for callers that must not block: what is returned is a future. It has no deadline of its own: wrap it
    /// in your runtime's time-out. Dropped before its commit began, it records nothing.
    pub fn submit(&self, recording: Recording) -> Pending<Recorded> {
        let (answer, pending) = Slot::pair(&self.0.ledger);
        let weight = recording.numbers().len();
        let job = Job { recording, answer };
        if let Err(job) = self.0.queue.put(job, weight) {
            job.answer.refuse("too many wait for it");
        }
        pending
    }

    /// Asks the ledger something on a thread of the recorder's, such as [`Ledger::find`].
    /// For callers that must not block, or want a deadline.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Pending<T> {
        let (answer, pending) = Slot::pair(&self.0.ledger);
        self.0.readers.ask(answer, question);
        pending
    }

    /// [`Ledger::replay`], on a thread that does nothing else.
    pub fn replay(&self, claim: Claim) -> Pending<KeyState> {
        let (answer, pending) = Slot::pair(&self.0.ledger);
        self.0.keys.ask(answer, move |ledger| ledger.replay(&claim));
        pending
    }

    /// What it has done so far.
    #[must_use]
    pub fn status(&self) -> RecorderStatus {
        self.0.counts.status(self.0.queue.weight())
    }
}

impl Inner {
    fn writer(&self) -> Writer {
        Writer {
            ledger: Arc::clone(&self.ledger),
            queue: Arc::clone(&self.queue),
            counts: Arc::clone(&self.counts),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("ledger", &self.0.ledger)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
