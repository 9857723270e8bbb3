//! The tasks that wait for a number.
//!
//! A waker is somebody else's code: to wake, clone or drop it may run a task, or end one, and so
//! come back here. It is therefore handed in and out, and touched only where no lock is held.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;
use std::time::Instant;

/// A task's place among those that wait. No two tasks of a process have the same, nor has a child
/// of `fork` one that its parent gave out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskId(u64);

impl TaskId {
    fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        // Only the count matters, nothing is ordered by it.
        Self(MADE.fetch_add(1, Ordering::Relaxed))
    }
}

/// Each task that waits: how to wake it, and until when it waits.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: BTreeMap<TaskId, (Waker, Instant)>,
}

impl Tasks {
    /// Let a task wait, in its place if it has one already: the waker that was there comes out.
    pub(super) fn put(
        &mut self,
        task: &mut Option<TaskId>,
        waker: Waker,
        deadline: Instant,
    ) -> Option<Waker> {
        let id = *task.get_or_insert_with(TaskId::new);
        let before = self.waiting.insert(id, (waker, deadline));
        before.map(|(waker, _)| waker)
    }

    #[must_use]
    pub(super) fn remove(&mut self, task: TaskId) -> Option<Waker> {
        self.waiting.remove(&task).map(|(waker, _)| waker)
    }

    #[must_use]
    pub(super) fn take_all(&mut self) -> Vec<Waker> {
        let all = std::mem::take(&mut self.waiting);
        all.into_values().map(|(waker, _)| waker).collect()
    }

    #[must_use]
    pub(super) fn take_expired(&mut self, now: Instant) -> Vec<Waker> {
        self.waiting
            .extract_if(.., |_, (_, deadline)| *deadline <= now)
            .map(|(_, (waker, _))| waker)
            .collect()
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.values().map(|(_, deadline)| *deadline).min()
    }
}

/// Wake each, whatever another one does.
pub(super) fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        // The panic is its executor's, and has been told on stderr; other tasks have no part in it.
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}
