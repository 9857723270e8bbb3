//! The allocator over a compare-and-swap row, as a database keeps one, and over rows that do it wrong.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::clock::{Clock, SystemClock};
use crate::number::serial::EPOCH_MS;
use crate::store::keep::Step;
use crate::store::memory::MemoryAllocator;
use crate::store::timeline::History;
use crate::testing::{Violation, conformance};

/// The row: a number that changes with the state, and the state.
type Row = Arc<Mutex<(u64, Option<Timeline>)>>;

#[derive(Debug, Clone)]
struct RowStore {
    row: Row,
    server: History,
    fault: Fault,
    /// Of the database; the machine's where it is none.
    now_ms: Option<Arc<AtomicI64>>,
    /// How often another was faster.
    lost: Arc<AtomicU32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The row is put there whatever was read.
    NotCompared,
    /// Where another was faster, the answer of the step is given all the same.
    LossIgnored,
    /// Only the birth is stored.
    NotStored,
    /// It takes no step.
    NoStep,
}

impl RowStore {
    fn new(fault: Fault) -> Self {
        Self {
            row: Row::default(),
            server: History::random(),
            fault,
            now_ms: None,
            lost: Arc::default(),
        }
    }

    fn now_ms(&self) -> i64 {
        self.now_ms
            .as_ref()
            .map_or_else(|| SystemClock.now_ms(), |now| now.load(Ordering::SeqCst))
    }

    fn allocator(&self, series: &Series) -> StoreAllocator<Self> {
        StoreAllocator::over(self.clone(), series.clone())
    }
}

impl Store for RowStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        loop {
            if self.fault == Fault::NoStep {
                return Ok(());
            }
            let (version, before) = self.row.lock().unwrap().clone();
            let mut after = before.clone();
            let now_ms = self.now_ms();
            step(&mut after, &Moment::shared(now_ms, now_ms, &self.server));
            // As a round trip does.
            std::thread::yield_now();
            if after == before {
                return Ok(());
            }
            let mut row = self.row.lock().unwrap();
            let compared = row.0 == version;
            if !compared {
                self.lost.fetch_add(1, Ordering::SeqCst);
            }
            match self.fault {
                Fault::NotStored if before.is_some() => return Ok(()),
                Fault::LossIgnored if !compared => return Ok(()),
                Fault::NotCompared => {}
                _ if !compared => continue,
                _ => {}
            }
            *row = (row.0 + 1, after);
            return Ok(());
        }
    }
}

impl fmt::Display for RowStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("row:")
    }
}

fn a_series() -> Series {
    MemoryAllocator::new().series().clone()
}

fn count(wanted: u32) -> NonZeroU32 {
    NonZeroU32::new(wanted).unwrap()
}

fn conforms(store: &RowStore) -> Result<(), Violation> {
    let series = a_series();
    conformance(|| Ok(store.allocator(&series)))
}

#[test]
fn a_compare_and_swap_keeps_the_contract() {
    let store = RowStore::new(Fault::None);
    conforms(&store).unwrap();
    // The suite's threads did race for the row.
    assert!(store.lost.load(Ordering::SeqCst) > 0);
}

#[test]
fn rows_that_are_not_compared_are_caught() {
    for fault in [Fault::NotCompared, Fault::LossIgnored] {
        let violation = conforms(&RowStore::new(fault)).unwrap_err();
        assert!(
            matches!(violation, Violation::Repeat { .. }),
            "{fault:?}: {violation}"
        );
    }
}

#[test]
fn a_store_that_takes_no_step_grants_nothing() {
    let allocator = RowStore::new(Fault::NoStep).allocator(&a_series());
    let error = allocator.reserve(NonZeroU32::MIN).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row:: its update took no step, so nothing was granted; this is a fault of the store's program"
    );
    assert!(allocator.snapshot().is_err());
}

/// A row and its clock, the fence of its birth behind it.
fn living_row() -> (RowStore, Arc<AtomicI64>, StoreAllocator<RowStore>) {
    let now_ms = Arc::new(AtomicI64::new(EPOCH_MS + 1_000_000));
    let store = RowStore {
        now_ms: Some(Arc::clone(&now_ms)),
        ..RowStore::new(Fault::None)
    };
    let allocator = store.allocator(&a_series());
    assert_eq!(allocator.reserve(count(1)).unwrap_err().kind(), "not-yet");
    // A tick more, so that other lanes are free, too.
    now_ms.fetch_add(1_010, Ordering::SeqCst);
    (store, now_ms, allocator)
}

/// Within one tick, where the rule alone would grant the same serials again.
#[test]
fn an_older_row_in_the_place_of_a_living_one_is_noticed() {
    let (store, now_ms, allocator) = living_row();
    let first = allocator.reserve(count(10)).unwrap();
    let older = store.row.lock().unwrap().clone();
    let second = allocator.reserve(count(10)).unwrap();
    *store.row.lock().unwrap() = older;
    assert_eq!(allocator.reserve(count(10)).unwrap_err().kind(), "not-yet");
    now_ms.fetch_add(1_000, Ordering::SeqCst);
    let third = allocator.reserve(count(10)).unwrap();
    assert_eq!(first.start().lane(), second.start().lane());
    assert_ne!(second.start().lane(), third.start().lane());
    // A handle that has seen nothing repeats: exception (c) of the promise.
    let older = store.row.lock().unwrap().clone();
    let granted = allocator.reserve(count(10)).unwrap();
    *store.row.lock().unwrap() = older;
    let stranger = store.allocator(allocator.series());
    assert_eq!(stranger.reserve(count(10)).unwrap(), granted);
}

/// Such a store is always older than what was granted from it.
#[test]
fn from_a_row_that_is_not_stored_nothing_is_granted_twice() {
    let (mut store, now_ms, allocator) = living_row();
    store.fault = Fault::NotStored;
    let allocator = store.allocator(allocator.series());
    allocator.reserve(count(10)).unwrap();
    for _ in 0..10 {
        assert_eq!(allocator.reserve(count(10)).unwrap_err().kind(), "not-yet");
        now_ms.fetch_add(1_000, Ordering::SeqCst);
    }
}

/// What a look showed counts as seen.
#[test]
fn a_look_is_enough_to_notice() {
    let (store, _, allocator) = living_row();
    let older = store.row.lock().unwrap().clone();
    allocator.reserve(count(10)).unwrap();
    let other = store.allocator(allocator.series());
    other.snapshot().unwrap();
    *store.row.lock().unwrap() = older;
    assert_eq!(other.reserve(count(10)).unwrap_err().kind(), "not-yet");
}

#[test]
fn a_snapshot_changes_nothing() {
    let (store, now_ms, allocator) = living_row();
    let before = store.row.lock().unwrap().clone();
    let snapshot = allocator.snapshot().unwrap();
    assert_eq!(snapshot.timeline, before.1);
    assert_eq!(snapshot.now_ms, now_ms.load(Ordering::SeqCst));
    assert_eq!(store.row.lock().unwrap().0, before.0);
}
