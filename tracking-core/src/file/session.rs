//! What a process knows of the file from one reservation to the next, and the reservation itself.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::error::Problem;
use super::handle::Handle;
use super::lock::Lock;
use super::place::{Named, Place};
use super::slot::{Mark, Present, Record};
use crate::clock::Clock;
use crate::series::Series;
use crate::timeline::{Answer, LOCAL_FENCE_MS, Request, Timeline, step};

/// What stays the same while an allocator lives.
pub(super) struct Setting {
    pub(super) place: Place,
    pub(super) series: Series,
    pub(super) clock: Arc<dyn Clock>,
}

/// What changes.
pub(super) struct Session {
    /// The open file; none after a write that failed.
    handle: Option<Arc<Handle>>,
    /// The newest state that was seen.
    seen: Mark,
    /// Whether the state that is found next may be older than one that was granted from.
    fence_due: bool,
}

impl Session {
    /// After opening a file that bore `seen`.
    pub(super) fn new(handle: Handle, seen: Mark) -> Self {
        Self {
            handle: Some(Arc::new(handle)),
            seen,
            fence_due: false,
        }
    }

    /// Before a file was opened: in a child of `fork`, which leaves its parent's alone.
    pub(super) fn unopened() -> Self {
        Self {
            handle: None,
            seen: Mark::default(),
            fence_due: true,
        }
    }

    /// One reservation, with the lock waited for up to `deadline_ms` of the monotonic clock.
    pub(super) fn reserve(
        &mut self,
        setting: &Setting,
        wanted: NonZeroU32,
        deadline_ms: u64,
    ) -> Result<Answer, Problem> {
        self.locked(setting, Lock::Exclusive, deadline_ms, |session, handle| {
            session.step(setting, handle, wanted)
        })
    }

    /// The state as it is. Nothing is written.
    pub(super) fn timeline(
        &mut self,
        setting: &Setting,
        deadline_ms: u64,
    ) -> Result<Timeline, Problem> {
        self.locked(setting, Lock::Shared, deadline_ms, |_, handle| {
            Ok(read(handle, &setting.series)?.record.timeline)
        })
    }

    /// Do something with the file that the path names, under its lock.
    fn locked<T>(
        &mut self,
        setting: &Setting,
        kind: Lock,
        deadline_ms: u64,
        act: impl FnOnce(&mut Self, &Handle) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let result = self.try_locked(setting, kind, deadline_ms, act);
        match &result {
            Ok(_) | Err(Problem::Locked { .. } | Problem::Clock(_)) => {}
            Err(problem) => {
                self.fence_due = true;
                // A handle that failed is not used again: see `Handle::write`. Others are kept, so
                // that an operator can copy a deleted file from it.
                if matches!(problem, Problem::Io { .. }) {
                    self.handle = None;
                }
            }
        }
        result
    }

    fn try_locked<T>(
        &mut self,
        setting: &Setting,
        kind: Lock,
        deadline_ms: u64,
        act: impl FnOnce(&mut Self, &Handle) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let handle = self.handle(setting)?;
        let _locked = handle.lock(kind, &*setting.clock, deadline_ms)?;
        act(self, &handle)
    }

    /// The open file that the path names. That is looked at before the lock is waited for: the
    /// lock of a file that was replaced may be held by a process that was stopped, for ever.
    fn handle(&mut self, setting: &Setting) -> Result<Arc<Handle>, Problem> {
        match &self.handle {
            Some(handle) if handle.is_ours() => match setting.place.names(handle)? {
                Named::Same => Ok(Arc::clone(handle)),
                Named::Nothing => Err(handle.deleted()),
                Named::Another => self.reopen(setting),
            },
            _ => self.reopen(setting),
        }
    }

    /// Open the file that the path names now, if it holds the same series.
    fn reopen(&mut self, setting: &Setting) -> Result<Arc<Handle>, Problem> {
        let handle = setting.place.open()?.ok_or(Problem::Missing)?;
        read(&handle, &setting.series)?;
        let handle = Arc::new(handle);
        self.handle = Some(Arc::clone(&handle));
        self.fence_due = true;
        Ok(handle)
    }

    /// Under the lock: read, step, write, and look whether it counts.
    fn step(
        &mut self,
        setting: &Setting,
        handle: &Handle,
        wanted: NonZeroU32,
    ) -> Result<Answer, Problem> {
        let present = read(handle, &setting.series)?;
        // Under the lock, and not before: after a wait for others this clock would be behind what
        // they wrote, by so much that the step waits or even leaves for another lane.
        let now_ms = setting.clock.now_ms();
        let fence = self.fence_due || present.doubtful || present.is_behind(self.seen);
        let before = present.record.timeline;
        let mut after = Some(if fence {
            before.clone().fenced(now_ms, LOCAL_FENCE_MS)?
        } else {
            before.clone()
        });
        let request = Request::local(now_ms, before.history(), wanted);
        let answer = step(&mut after, &request)?;
        // A step that only waits leaves the state as it is, and the disk alone.
        if let Some(timeline) = after.filter(|after| *after != before) {
            let record = Record {
                // Above what this file holds, and above what it held before it was rewound.
                generation: present.mark.generation.max(self.seen.generation) + 1,
                series: setting.series.clone(),
                timeline,
                pid: std::process::id(),
            };
            let slot = record.encode()?;
            handle.write(present.next_slot, &slot)?;
            // A process may have been stopped for a day since it took the lock. If the path names
            // another file now, others granted from that one.
            match setting.place.names(handle)? {
                Named::Same => {}
                Named::Nothing => return Err(handle.deleted()),
                Named::Another => return Err(Problem::Replaced),
            }
            self.seen = Mark::of(record.generation, &slot);
            self.fence_due = false;
        }
        Ok(answer)
    }

    #[cfg(test)]
    pub(super) fn handle_mut(&mut self) -> Option<&mut Handle> {
        self.handle.as_mut().and_then(Arc::get_mut)
    }
}

/// The state in the file, if it is this series'.
fn read(handle: &Handle, series: &Series) -> Result<Present, Problem> {
    let present = handle.read()?;
    let (expected, found) = (series.fingerprint(), present.record.series.fingerprint());
    if expected == found {
        Ok(present)
    } else {
        Err(Problem::OtherSeries { expected, found })
    }
}
