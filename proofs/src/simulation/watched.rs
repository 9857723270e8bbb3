//! An allocator whose blocks are written down.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use tracking_core::store::Snapshot;
use tracking_core::{AllocateError, Allocator, Block, OpenStore, Series};

use super::world::{State, World};

/// A real allocator, of which each block is written down.
#[derive(Clone)]
pub(super) struct Watched {
    pub(super) world: Arc<World>,
    pub(super) store: Arc<dyn OpenStore>,
}

impl Watched {
    fn reserving(&self, is: bool) {
        if let Some(life) = self.world.lock().life() {
            life.reserving = is;
            life.call += u64::from(is);
            life.unknown = false;
        }
    }
}

impl Allocator for Watched {
    fn series(&self) -> &Series {
        self.store.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        self.reserving(true);
        let answer = self.store.reserve(wanted);
        self.reserving(false);
        let mut state = self.world.lock();
        if state.is_dead() {
            return answer;
        }
        match &answer {
            Ok(block) => {
                let start = block.start();
                let (lane, tick, slot) = (start.lane(), start.tick(), start.slot());
                let length = block.length();
                state.tell(|| {
                    format!("is granted lane {lane}, tick {tick}, slot {slot}, {length} serials")
                });
                state.met.count("blocks reserved");
                state.granted_tick();
                let who = state.current;
                if let Err(text) = state.book.reserve(self.series(), block, who) {
                    state.fail(text);
                }
            }
            Err(error) => {
                state.tell(|| format!("is granted nothing: {error}"));
                if error.kind() == "refused" {
                    state.met_refusal(&error.to_string());
                }
            }
        }
        answer
    }

    fn as_store(&self) -> Option<&dyn OpenStore> {
        Some(self)
    }
}

impl State {
    /// Somebody must act, by these words, before anything is granted.
    fn met_refusal(&mut self, words: &str) {
        for (found, what) in [
            (
                "two servers hold",
                "reservations refused while two servers took turns",
            ),
            (
                "somebody replaced it while this program ran",
                "reservations refused since another series was in the row",
            ),
        ] {
            if words.contains(found) {
                self.met.count(what);
            }
        }
    }
}

impl OpenStore for Watched {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        self.store.snapshot()
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}
