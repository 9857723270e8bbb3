//! The tasks that wait for a number.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// A task's place among those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskId(u64);

/// Each task that waits: how to wake it, and until when it waits.
#[derive(Default)]
pub(super) struct Tasks {
    waiting: BTreeMap<TaskId, (Waker, Instant)>,
    made: u64,
}

impl Tasks {
    /// Let a task wait, in its place if it has one already.
    pub(super) fn put(&mut self, task: &mut Option<TaskId>, waker: &Waker, deadline: Instant) {
        let id = *task.get_or_insert_with(|| {
            self.made += 1;
            TaskId(self.made)
        });
        self.waiting.insert(id, (waker.clone(), deadline));
    }

    pub(super) fn remove(&mut self, task: TaskId) {
        self.waiting.remove(&task);
    }

    pub(super) fn wake_all(&mut self) {
        for (waker, _) in std::mem::take(&mut self.waiting).into_values() {
            waker.wake();
        }
    }

    pub(super) fn wake_expired(&mut self, now: Instant) {
        self.waiting.retain(|_, (waker, deadline)| {
            let waits_on = *deadline > now;
            if !waits_on {
                waker.wake_by_ref();
            }
            waits_on
        });
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.values().map(|(_, deadline)| *deadline).min()
    }
}
