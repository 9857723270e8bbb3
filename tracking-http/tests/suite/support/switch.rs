//! A store that can be switched off, and that counts.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use tracking_core::store::Snapshot;
use tracking_core::{AllocateError, Allocator, Block, MemoryAllocator, OpenStore, Series};

/// Clones share one store and one switch.
#[derive(Debug, Clone)]
pub(crate) struct Switch {
    inner: MemoryAllocator,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    mode: AtomicU8,
    reservations: AtomicU64,
    granted: AtomicU64,
    snapshots: AtomicU64,
}

const ON: u8 = 0;
const OFF: u8 = 1;
const HANGS: u8 = 2;

/// What no caller may see, and the log must say.
pub(crate) const SECRET_PLACE: &str = "/secret/place.series";

impl Switch {
    pub(crate) fn new() -> Self {
        Self {
            inner: MemoryAllocator::new(),
            state: Arc::default(),
        }
    }

    pub(crate) fn turn_on(&self) {
        self.state.mode.store(ON, Ordering::Relaxed);
    }

    pub(crate) fn turn_off(&self) {
        self.state.mode.store(OFF, Ordering::Relaxed);
    }

    /// From now on a reservation returns only once that has changed.
    pub(crate) fn hang(&self) {
        self.state.mode.store(HANGS, Ordering::Relaxed);
    }

    /// How many serials were granted.
    pub(crate) fn granted(&self) -> u64 {
        self.state.granted.load(Ordering::Relaxed)
    }

    /// How often it was looked at.
    pub(crate) fn snapshots(&self) -> u64 {
        self.state.snapshots.load(Ordering::Relaxed)
    }

    pub(crate) fn reservations(&self) -> u64 {
        self.state.reservations.load(Ordering::Relaxed)
    }
}

impl Allocator for Switch {
    fn series(&self) -> &Series {
        self.inner.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        self.state.reservations.fetch_add(1, Ordering::Relaxed);
        while self.state.mode.load(Ordering::Relaxed) == HANGS {
            std::thread::sleep(Duration::from_millis(1));
        }
        match self.state.mode.load(Ordering::Relaxed) {
            OFF => Err(AllocateError::unavailable(SECRET_PLACE, "switched off")),
            _ => {
                let block = self.inner.reserve(wanted)?;
                let length = block.length().get().into();
                self.state.granted.fetch_add(length, Ordering::Relaxed);
                Ok(block)
            }
        }
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        Some(self)
    }
}

impl OpenStore for Switch {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        self.state.snapshots.fetch_add(1, Ordering::Relaxed);
        while self.state.mode.load(Ordering::Relaxed) == HANGS {
            std::thread::sleep(Duration::from_millis(1));
        }
        match self.state.mode.load(Ordering::Relaxed) {
            OFF => Err(AllocateError::unavailable(SECRET_PLACE, "switched off")),
            _ => self.inner.snapshot(),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET_PLACE)
    }
}
