//! The allocator on real files, with a clock that stands still unless it is told.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::handle::faults;
use super::*;
use crate::key::Key;
use crate::opening::Opening;
use crate::serial::{EPOCH_MS, TICK_MS};

mod opening;
mod reserving;
mod torn;

const START_MS: i64 = EPOCH_MS + 50_000_000_000;

#[test]
fn keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("a.series"));
    let open = || Ok(FileAllocator::open(&url, &SeriesOptions::default())?);
    crate::testing::conformance(open).unwrap();
}

/// A clock that stands still, and does something once when it is read for the time: that is in the
/// middle of a reservation, under the lock.
struct TestClock {
    now_ms: AtomicI64,
    monotonic_ms: AtomicU64,
    hook: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

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

    fn advance(&self, ms: u64) {
        self.clock.now_ms.fetch_add(ms as i64, Ordering::SeqCst);
    }

    /// Once, in the middle of the next reservation.
    fn meanwhile(&self, hook: impl FnOnce() + Send + 'static) {
        *self.clock.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Reserve in the next tick, where nothing but a fence can be in the way.
    fn grant(&self, allocator: &FileAllocator, wanted: u32) -> Block {
        self.advance(TICK_MS);
        reserve(allocator, wanted).unwrap()
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

/// The state may be older than one that was granted from: nothing in this tick, then on.
fn assert_fenced(bench: &Bench, allocator: &FileAllocator) {
    let error = reserve(allocator, 1).unwrap_err();
    let AllocateError::NotYet { after } = error else {
        panic!("expected a fence, found {error}");
    };
    assert_eq!(after, Duration::from_millis(TICK_MS));
    bench.grant(allocator, 1);
}

fn generations(bench: &Bench) -> [u64; 2] {
    let text = std::fs::read_to_string(bench.path()).unwrap();
    let mut lines = text.lines().map(|line| {
        let json: serde_json::Value = serde_json::from_str(&line[9..]).unwrap();
        json["generation"].as_u64().unwrap()
    });
    [lines.next().unwrap(), lines.next().unwrap()]
}
