//! Issuing into a real ledger: retries, races and numbers that were issued twice.
#![cfg(feature = "sqlite")]

use std::collections::HashSet;
use std::fmt;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::thread;

use tracking_core::store::reserve_patiently;
use tracking_core::{Allocator, Block, Generator, MemoryAllocator, Series};

use super::*;
use crate::{Fingerprint, LedgerOptions, OldNumber, open_ledger};

const SOON: Duration = Duration::from_secs(10);

fn desk_of(allocator: impl Allocator + 'static) -> (RecordingDesk, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    let recorder = Recorder::start(ledger.unwrap().unwrap()).unwrap();
    let desk = Desk::new(Generator::new(allocator));
    (RecordingDesk::new(desk, recorder), folder)
}

fn claim(key: &str, order: &Order, count: u32) -> Asking {
    Asking {
        claim: Some(Claim {
            scope: None,
            key: key.parse().unwrap(),
            fingerprint: Fingerprint::of("next", count, order, None),
        }),
        ..Asking::default()
    }
}

/// Poll to the end, in turns with the threads that answer.
fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::yield_now(),
        }
    }
}

#[test]
fn what_is_issued_is_recorded_and_a_retry_gets_the_same() {
    let (desk, _folder) = desk_of(MemoryAllocator::new());
    let order = Order::from_pairs([("weight", "1.2")], tracking_core::order::Required::NONE);
    let order = order.unwrap();
    let first = desk.issue(&order, 3, claim("a", &order, 3), SOON).unwrap();
    assert_eq!((first.numbers.len(), first.is_replay), (3, false));
    for number in &first.numbers {
        let entry = desk.recorder().ledger().find(*number).unwrap().unwrap();
        assert_eq!((&entry.order, entry.issued_at_ms), (&order, first.at_ms));
    }
    let again = [
        desk.issue(&order, 3, claim("a", &order, 3), SOON).unwrap(),
        wait(desk.issue_async(&order, 3, claim("a", &order, 3))).unwrap(),
    ];
    for again in again {
        assert!(again.is_replay);
        assert_eq!((&again.numbers, again.at_ms), (&first.numbers, first.at_ms));
    }
    for (count, order) in [(2, order.clone()), (3, Order::default())] {
        let asking = || claim("a", &order, count);
        let blocking = desk.issue(&order, count, asking(), SOON);
        let polled = wait(desk.issue_async(&order, count, asking()));
        assert!(
            matches!(blocking, Err(IssueError::KeyReused)),
            "{blocking:?}"
        );
        assert!(matches!(polled, Err(IssueError::KeyReused)), "{polled:?}");
    }
}

/// Two that come at once with one key: one number.
#[test]
fn of_many_with_one_key_all_get_the_same_number() {
    let (desk, _folder) = desk_of(MemoryAllocator::new());
    let order = Order::default();
    for round in 0..50 {
        let key = format!("k{round}");
        let answers: Vec<_> = thread::scope(|scope| {
            let ask = || desk.issue(&order, 1, claim(&key, &order, 1), SOON).unwrap();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let numbers: HashSet<_> = answers.iter().map(|answer| &answer.numbers).collect();
        assert_eq!(numbers.len(), 1);
        let fresh = answers.iter().filter(|answer| !answer.is_replay).count();
        assert_eq!(fresh, 1);
    }
    assert_eq!(desk.recorder().status().recorded, 50);
}

/// An allocator that grants what a ledger has already, from handles that know nothing of each other.
#[derive(Debug)]
struct Told {
    memory: MemoryAllocator,
    first: Mutex<Option<Block>>,
}

impl Allocator for Told {
    fn series(&self) -> &Series {
        self.memory.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        if let Some(first) = self.first.lock().unwrap().take() {
            return Ok(first.split(wanted).0);
        }
        reserve_patiently(&self.memory, wanted, SOON)
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("told:")
    }
}

#[test]
fn a_number_that_the_ledger_has_is_never_given_out() {
    let memory = MemoryAllocator::new();
    let block = reserve_patiently(&memory, NonZeroU32::new(64).unwrap(), SOON).unwrap();
    let series = memory.series().clone();
    let (desk, _folder) = desk_of(Told {
        memory,
        first: Mutex::new(Some(block)),
    });
    let old: Vec<_> = block
        .serials()
        .map(|serial| OldNumber {
            number: series.encode(serial),
            issued_at_ms: 1_735_689_600_000,
        })
        .collect();
    desk.recorder().ledger().import(&old).unwrap();
    let order = Order::default();
    let mut issued = HashSet::new();
    let mut failures = 0;
    for _ in 0..200 {
        match desk.issue(&order, 1, Asking::default(), SOON) {
            Ok(answer) => issued.extend(answer.numbers),
            Err(IssueError::Collided { .. }) => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(old.iter().all(|old| !issued.contains(&old.number)));
    assert!(!issued.is_empty() && failures > 0, "{failures}");
    assert_eq!(desk.recorder().status().collided, 64);
}

#[test]
fn pages_are_recorded_whole() {
    let (desk, _folder) = desk_of(MemoryAllocator::new());
    let order = Order::default();
    let asking = Asking {
        reference: Some("bulk".parse().unwrap()),
        ..Asking::default()
    };
    let mut last = TrackingNumber::BLANK;
    desk.desk()
        .issue_many(&order, 10_001, |page| {
            desk.record_page(&page, &asking, SOON)?;
            last = page.numbers[page.numbers.len() - 1];
            Ok::<_, IssueError>(())
        })
        .unwrap();
    assert_eq!(desk.recorder().status().recorded, 10_001);
    let entry = desk.recorder().ledger().find(last).unwrap().unwrap();
    assert_eq!(entry.reference, asking.reference);
}
