//! An allocator whose next answers a test decides.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

use super::*;
use crate::number::serial::Block;

/// An allocator whose next answers a test decides.
#[derive(Debug)]
pub(super) struct Scripted {
    inner: MemoryAllocator,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
pub(super) struct Gate {
    mood: Mutex<Mood>,
    changed: Condvar,
    pub(super) asked: AtomicU32,
    granted: AtomicU32,
    pub(super) dropped: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) enum Mood {
    #[default]
    Grants,
    Fails,
    Refuses,
    Hangs,
    Panics,
}

impl Gate {
    /// How many serials were granted.
    pub(super) fn all_granted(&self) -> usize {
        self.granted.load(Ordering::SeqCst) as usize
    }

    pub(super) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    /// Wait until so many reservations have been asked for.
    pub(super) fn wait_for_asked(&self, count: u32) {
        let mut mood = self.mood.lock().unwrap();
        while self.asked.load(Ordering::SeqCst) < count {
            mood = self.changed.wait(mood).unwrap();
        }
    }
}

impl Allocator for Scripted {
    fn series(&self) -> &Series {
        self.inner.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let mut mood = self.gate.mood.lock().unwrap();
        self.gate.asked.fetch_add(1, Ordering::SeqCst);
        self.gate.changed.notify_all();
        while *mood == Mood::Hangs {
            mood = self.gate.changed.wait(mood).unwrap();
        }
        let decided = *mood;
        drop(mood);
        match decided {
            Mood::Fails => Err(AllocateError::unavailable(self, "down")),
            Mood::Refuses => Err(AllocateError::refused(self, "gone")),
            Mood::Panics => panic!("a bug in it"),
            Mood::Grants | Mood::Hangs => self.inner.reserve(wanted).inspect(|block| {
                let length = block.length().get();
                self.gate.granted.fetch_add(length, Ordering::SeqCst);
            }),
        }
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scripted:")
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.gate.dropped.store(true, Ordering::SeqCst);
    }
}

pub(super) fn scripted(mood: Mood) -> (Scripted, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    gate.set(mood);
    let inner = MemoryAllocator::new();
    // Its fence passes here, not by the clock of a test.
    crate::store::reserve_patiently(&inner, NonZeroU32::MIN, SOON).unwrap();
    (
        Scripted {
            inner,
            gate: gate.clone(),
        },
        gate,
    )
}
