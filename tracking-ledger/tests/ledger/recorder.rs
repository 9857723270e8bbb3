//! The recorder, on a ledger that does as it is told.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tracking_core::TrackingNumber;
use tracking_core::order::{CustomerId, Order};
use tracking_ledger::{
    Claim, Cursor, Doubts, Entry, Filter, Imported, KeyState, Ledger, LedgerError, OldNumber, Page,
    PageLimit, Prune, Recorded, Recorder, Recording,
};

use crate::support::{number, recording, says_unavailable};

/// Tells of each batch, and waits until it is told what to answer.
#[derive(Debug)]
struct Puppet {
    batches: SyncSender<usize>,
    orders: Mutex<Receiver<bool>>,
    /// The next batch, and only that.
    panics: Arc<AtomicBool>,
}

impl fmt::Display for Puppet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("puppet")
    }
}

impl Ledger for Puppet {
    fn record(&self, batch: &[Recording]) -> Result<Vec<Recorded>, LedgerError> {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a driver's bug");
        let _ = self.batches.send(batch.len());
        let told = self.orders.lock().unwrap().recv();
        match told {
            Ok(true) => Ok(vec![Recorded::New; batch.len()]),
            _ => Err(LedgerError::Unavailable {
                ledger: "puppet".into(),
                what: "as told".into(),
                source: None,
            }),
        }
    }

    fn replay(&self, _: &Claim) -> Result<KeyState, LedgerError> {
        Ok(KeyState::New)
    }

    fn find(&self, _: TrackingNumber) -> Result<Option<Entry>, LedgerError> {
        Ok(None)
    }

    fn list(&self, _: &Filter, _: Option<&Cursor>, _: PageLimit) -> Result<Page, LedgerError> {
        unreachable!()
    }

    fn erase(&self, _: CustomerId) -> Result<u64, LedgerError> {
        unreachable!()
    }

    fn prune(&self, _: i64, _: Prune) -> Result<u64, LedgerError> {
        unreachable!()
    }

    fn import(&self, _: &[OldNumber]) -> Result<Imported, LedgerError> {
        unreachable!()
    }

    fn sweep(&self) -> Result<u64, LedgerError> {
        Ok(0)
    }

    fn probe(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn warnings(&self) -> Result<Vec<String>, LedgerError> {
        Ok(Vec::new())
    }

    fn doubts(&self) -> Doubts {
        Doubts::default()
    }
}

struct Stage {
    recorder: Recorder,
    batches: Receiver<usize>,
    orders: SyncSender<bool>,
    panics: Arc<AtomicBool>,
}

impl Stage {
    fn new() -> Self {
        let (batches, told) = sync_channel(100);
        let (orders, heard) = sync_channel(100);
        let puppet = Puppet {
            batches,
            orders: Mutex::new(heard),
            panics: Arc::default(),
        };
        let panics = Arc::clone(&puppet.panics);
        Self {
            recorder: Recorder::start(Arc::new(puppet)).unwrap(),
            batches: told,
            orders,
            panics,
        }
    }

    /// How large the batch is that has begun.
    fn begun(&self) -> usize {
        self.batches.recv_timeout(Duration::from_secs(10)).unwrap()
    }
}

const SOON: Duration = Duration::from_secs(10);

fn one(count: u64) -> Recording {
    recording(count, &Order::default())
}

#[test]
fn what_queues_during_a_commit_is_the_next() {
    let stage = Stage::new();
    let first = stage.recorder.submit(one(0));
    assert_eq!(stage.begun(), 1);
    let others: Vec<_> = (1..=100)
        .map(|count| stage.recorder.submit(one(count)))
        .collect();
    assert_eq!(stage.recorder.status().queued, 100);
    stage.orders.send(true).unwrap();
    assert_eq!(first.wait(SOON).unwrap(), Recorded::New);
    assert_eq!(stage.begun(), 100);
    stage.orders.send(true).unwrap();
    for other in others {
        assert_eq!(other.wait(SOON).unwrap(), Recorded::New);
    }
    let status = stage.recorder.status();
    assert_eq!(
        (
            status.commits,
            status.recorded,
            status.queued,
            status.is_well
        ),
        (2, 101, 0, true)
    );
}

#[test]
fn those_who_waited_for_a_failed_commit_get_its_error_and_nobody_else() {
    let stage = Stage::new();
    let first = stage.recorder.submit(one(0));
    stage.begun();
    let second = stage.recorder.submit(one(1));
    stage.orders.send(false).unwrap();
    says_unavailable(first.wait(SOON));
    assert!(!stage.recorder.status().is_well);
    // It holds its own alone.
    assert_eq!(stage.begun(), 1);
    stage.orders.send(true).unwrap();
    assert_eq!(second.wait(SOON).unwrap(), Recorded::New);
    assert!(stage.recorder.status().is_well);
}

/// It is a batch that failed, as any other.
#[test]
fn a_ledger_that_panics_is_asked_again() {
    let stage = Stage::new();
    stage.panics.store(true, Ordering::SeqCst);
    says_unavailable(stage.recorder.record(one(0), SOON));
    let status = stage.recorder.status();
    assert_eq!((status.failures, status.is_well), (1, false));
    assert!(status.since_failure.is_some_and(|ago| ago < SOON) && status.since_commit.is_none());
    let next = stage.recorder.submit(one(1));
    assert_eq!(stage.begun(), 1);
    stage.orders.send(true).unwrap();
    assert_eq!(next.wait(SOON).unwrap(), Recorded::New);
    let status = stage.recorder.status();
    assert!(status.is_well && status.since_failure.is_none());
    assert!(status.since_commit.is_some_and(|ago| ago < SOON));
}

#[test]
fn a_ledger_that_hangs_costs_no_more_than_the_deadline_and_nothing_late_is_recorded() {
    let stage = Stage::new();
    let hangs = stage.recorder.submit(one(0));
    stage.begun();
    let start = Instant::now();
    says_unavailable(stage.recorder.record(one(1), Duration::from_millis(50)));
    assert!(start.elapsed() < Duration::from_secs(5));
    drop(stage.recorder.submit(one(2)));
    stage.orders.send(true).unwrap();
    assert_eq!(hangs.wait(SOON).unwrap(), Recorded::New);
    let next = stage.recorder.submit(one(3));
    assert_eq!(stage.begun(), 1);
    stage.orders.send(true).unwrap();
    assert_eq!(next.wait(SOON).unwrap(), Recorded::New);
    assert_eq!(stage.recorder.status().recorded, 2);
}

#[test]
fn a_full_queue_refuses_at_once_and_a_commit_has_a_bound() {
    let stage = Stage::new();
    let first = stage.recorder.submit(one(0));
    stage.begun();
    let waiting: Vec<_> = (1..=16_384)
        .map(|count| stage.recorder.submit(one(count)))
        .collect();
    says_unavailable(stage.recorder.submit(one(99_999)).wait(SOON));
    stage.orders.send(true).unwrap();
    assert_eq!(first.wait(SOON).unwrap(), Recorded::New);
    for _ in 0..8 {
        assert_eq!(stage.begun(), 2_048);
        stage.orders.send(true).unwrap();
    }
    for pending in waiting {
        assert_eq!(pending.wait(SOON).unwrap(), Recorded::New);
    }
}

#[test]
fn questions_are_asked_beside_a_commit_that_hangs() {
    let stage = Stage::new();
    let hangs = stage.recorder.submit(one(0));
    stage.begun();
    let answer = stage.recorder.ask(|ledger| ledger.find(number(1)));
    assert!(answer.wait(SOON).unwrap().is_none());
    // The recorder ends; what was begun is answered.
    let Stage {
        recorder, orders, ..
    } = stage;
    drop(recorder);
    orders.send(true).unwrap();
    assert_eq!(hangs.wait(SOON).unwrap(), Recorded::New);
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[test]
fn a_future_is_woken() {
    let stage = Stage::new();
    let mut future = pin!(stage.recorder.submit(one(0)));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    assert!(future.as_mut().poll(&mut context).is_pending());
    stage.begun();
    stage.orders.send(true).unwrap();
    let outcome = loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(outcome) => break outcome,
            Poll::Pending => thread::park_timeout(SOON),
        }
    };
    assert_eq!(outcome.unwrap(), Recorded::New);
}
