//! Connections between two uses.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most connections that are kept while nobody uses them.
const IDLE_MAX: usize = 4;

/// Connections that nobody uses now.
pub(super) struct Idle<C>(Mutex<Vec<C>>);

impl<C> Idle<C> {
    pub(super) fn take(&self) -> Option<C> {
        self.lock().pop()
    }

    pub(super) fn put(&self, connection: C) {
        let mut idle = self.lock();
        if idle.len() < IDLE_MAX {
            idle.push(connection);
        }
    }

    pub(super) fn clear(&self) {
        // Closed outside the lock: to say goodbye may take a while.
        let idle = std::mem::take(&mut *self.lock());
        drop(idle);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Default for Idle<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}
