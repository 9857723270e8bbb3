//! The allocator on real files, with a clock that stands still unless it is told.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::state_file::faults;
use super::*;
use crate::number::key::Key;
use std::num::NonZeroU32;

use crate::number::serial::{Block, EPOCH_MS, TICK_MS};
use crate::series::opening::Opening;
use crate::store::allocator::{Allocator, OpenStore};

mod copies;
mod model;
mod opening;
mod reserving;
mod torn;
mod unsynced;

const START_MS: i64 = EPOCH_MS + 50_000_000_000;

/// A clock that runs 50 times as fast as this machine's, since each reservation waits for a tick.
#[derive(Debug)]
struct FastClock(std::time::Instant);

impl FastClock {
    const FACTOR: u32 = 50;
}

impl Clock for FastClock {
    fn now_ms(&self) -> i64 {
        START_MS + (self.0.elapsed() * Self::FACTOR).as_millis() as i64
    }

    /// Not so fast: a busy machine is no reason to give up.
    fn monotonic_ms(&self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration / Self::FACTOR);
    }
}

#[test]
fn keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("a.series"));
    let clock = Arc::new(FastClock(std::time::Instant::now()));
    let open = || {
        let options = SeriesOptions::default();
        Ok(FileAllocator::open_with_clock(
            &url,
            &options,
            clock.clone(),
        )?)
    };
    crate::testing::conformance(open).unwrap();
}

/// A clock that stands still but for who sleeps by it, and does something once when it is read for the time: that is in the
/// middle of a reservation, under the lock.
struct TestClock {
    now_ms: AtomicI64,
    monotonic_ms: AtomicU64,
    hook: Mutex<Option<Hook>>,
    sleep_hook: Mutex<Option<Hook>>,
}

type Hook = Box<dyn FnOnce() + Send>;

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestClock")
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        let hook = self.hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        self.now_ms.load(Ordering::SeqCst)
    }

    /// Each reading is half a second after the one before, so that no lock is waited for for long.
    fn monotonic_ms(&self) -> u64 {
        self.monotonic_ms.fetch_add(500, Ordering::SeqCst)
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }

    fn sleep(&self, duration: Duration) {
        let hook = self.sleep_hook.lock().unwrap().take();
        if let Some(hook) = hook {
            hook();
        }
        self.now_ms
            .fetch_add(duration.as_millis() as i64, Ordering::SeqCst);
    }
}

/// A folder for one state file, and its clock.
struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(TestClock {
                now_ms: AtomicI64::new(START_MS),
                monotonic_ms: AtomicU64::new(0),
                hook: Mutex::new(None),
                sleep_hook: Mutex::new(None),
            }),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.series")
    }

    fn open_with(&self, options: &SeriesOptions) -> Result<FileAllocator, OpenError> {
        FileAllocator::open_with_clock(&FileUrl::new(self.path()), options, self.clock.clone())
    }

    fn open(&self) -> FileAllocator {
        self.open_with(&SeriesOptions::default()).unwrap()
    }

    /// Once, in the middle of the next reservation.
    fn meanwhile(&self, hook: impl FnOnce() + Send + 'static) {
        *self.clock.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Once, when something is waited for: the lock, or the next tick.
    fn while_it_waits(&self, hook: impl FnOnce() + Send + 'static) {
        *self.clock.sleep_hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Set the clock forward, or back.
    fn step(&self, ms: i64) {
        self.clock.now_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

fn reserve(allocator: &FileAllocator, wanted: u32) -> Result<Block, AllocateError> {
    allocator.reserve(NonZeroU32::new(wanted).unwrap())
}

/// The message of a failed reservation, behind the store's URL, and its kind.
fn failure(bench: &Bench, allocator: &FileAllocator) -> (&'static str, String) {
    let error = reserve(allocator, 1).unwrap_err();
    let store = format!("file:{}: ", bench.path().display());
    let text = error.to_string();
    (error.kind(), text.replacen(&store, "", 1))
}

fn grant(allocator: &FileAllocator, wanted: u32) -> Block {
    reserve(allocator, wanted).unwrap()
}

/// The file took another's place: another lane after the next tick.
fn assert_moves_to_another_lane(allocator: &FileAllocator, from: Block) -> Block {
    let error = reserve(allocator, 1).unwrap_err();
    let AllocateError::NotYet { after } = error else {
        panic!("expected a fence, found {error}");
    };
    assert_eq!(after, Duration::from_millis(TICK_MS));
    let block = grant(allocator, 1);
    assert_ne!(block.start().lane(), from.start().lane());
    assert!(from.last().tick() < block.start().tick());
    block
}

fn generations(bench: &Bench) -> [u64; 2] {
    let text = std::fs::read_to_string(bench.path()).unwrap();
    let mut lines = text.lines().map(|line| {
        let json: serde_json::Value = serde_json::from_str(&line[9..]).unwrap();
        json["generation"].as_u64().unwrap()
    });
    [lines.next().unwrap(), lines.next().unwrap()]
}
