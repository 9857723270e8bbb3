//! What a process knows of the file from one reservation to the next, and the reservation itself.

use std::sync::Arc;

use super::create::sync_folder;
use super::error::Problem;
use super::lock::Wait;
use super::place::{Named, Place};
use super::slot::{Present, Record};
use super::state_file::StateFile;
use super::tick;
use crate::clock::Clock;
use crate::series::Series;
use crate::store::keep::{Moment, Rewinds, Step};
use crate::store::timeline::Timeline;

/// How often a reservation starts again because the file was replaced while it waited for the lock.
const STARTS: u32 = 16;

/// What stays the same while an allocator lives.
pub(super) struct Setting {
    pub(super) place: Place,
    pub(super) series: Series,
    pub(super) clock: Arc<dyn Clock>,
}

/// What changes.
pub(super) struct Session {
    /// The open file; none after a write that failed. It stays open, so that an operator can copy
    /// the last state from it when it was deleted.
    handle: Option<Arc<StateFile>>,
    /// The newest generation that this handle opened the file with, or wrote.
    generation: u64,
    /// The newest generation that this process brought to the disk in this file: 0 for none.
    synced: u64,
    /// When it wrote last, by the monotonic clock.
    moved_ms: u64,
    /// Whether this process brought the name of the open file to the disk.
    name_is_durable: bool,
}

impl Session {
    /// After opening a file of a generation.
    pub(super) fn new(handle: StateFile, generation: u64) -> Self {
        Self {
            handle: Some(Arc::new(handle)),
            generation,
            ..Self::unopened()
        }
    }

    /// That of a process which has not opened the file yet: a child of `fork`.
    pub(super) fn unopened() -> Self {
        Self {
            handle: None,
            generation: 0,
            synced: 0,
            moved_ms: 0,
            name_is_durable: false,
        }
    }

    /// One step of the state, asked for at `asked_ms` of the monotonic clock.
    pub(super) fn update(
        &mut self,
        setting: &Setting,
        step: &mut Step<'_>,
        asked_ms: u64,
    ) -> Result<(), Problem> {
        let result = self.try_update(setting, step, asked_ms);
        // What failed is not used again: see `StateFile::write`.
        if matches!(result, Err(Problem::Io { .. })) {
            self.handle = None;
        }
        result
    }

    /// The state as it is. Nothing is written, and no lock is taken.
    pub(super) fn timeline(&mut self, setting: &Setting) -> Result<Timeline, Problem> {
        let handle = self.handle(setting)?;
        let present = read(&handle, setting)?;
        Ok(self.as_known(&handle, &present, setting.clock.now_ms()))
    }

    /// The state that was found; in doubt until `now_ms` where it may be older than one that was
    /// granted from: that may have been from lanes which it calls unused. So it may where it was written
    /// in another file: then this one is a copy, and others may have been granted from since it was made.
    fn as_known(&self, handle: &StateFile, present: &Present, now_ms: i64) -> Timeline {
        let Record {
            generation,
            timeline,
            ..
        } = &present.record;
        let timeline = timeline.clone();
        if present.doubtful || is_copy(handle, &timeline) || *generation < self.generation {
            timeline.doubted(now_ms)
        } else {
            timeline
        }
    }

    fn try_update(
        &mut self,
        setting: &Setting,
        step: &mut Step<'_>,
        asked_ms: u64,
    ) -> Result<(), Problem> {
        let wait = Wait::new(asked_ms, self.moved_ms);
        for _ in 0..STARTS {
            let handle = self.handle_to_lock(setting)?;
            let _locked = handle.lock(&*setting.clock, wait)?;
            // Two files have two locks: this one must be the file's that others find.
            if setting.place.names(&handle)? == Named::Same {
                return self.step(setting, &handle, step);
            }
        }
        Err(Problem::Replaced)
    }

    /// The open file that the path names.
    fn handle(&mut self, setting: &Setting) -> Result<Arc<StateFile>, Problem> {
        match &self.handle {
            Some(handle) => match setting.place.names(handle)? {
                Named::Same => Ok(Arc::clone(handle)),
                Named::Nothing => Err(handle.deleted()),
                Named::Another => self.open_another(setting),
            },
            None => self.open_another(setting),
        }
    }

    /// Open the file that the path names now, if it holds the same series.
    fn open_another(&mut self, setting: &Setting) -> Result<Arc<StateFile>, Problem> {
        let handle = setting.place.open()?.ok_or(Problem::Missing)?;
        read(&handle, setting)?;
        (self.name_is_durable, self.synced) = (false, 0);
        Ok(self.keep(handle))
    }

    fn keep(&mut self, handle: StateFile) -> Arc<StateFile> {
        let handle = Arc::new(handle);
        self.handle = Some(Arc::clone(&handle));
        handle
    }

    /// The file that the path names, opened for one reservation, with a name that outlives a power
    /// cut: the process that created it may have been killed before it saw to that.
    ///
    /// The path is looked at before the lock is waited for, since the lock of a file that was
    /// replaced may be held by a process that was stopped, for ever. And it is opened anew each
    /// time: a lock belongs to what was opened, and a child of `fork` has that open, too. Were this
    /// process killed with the lock held, the child would keep it, without knowing.
    fn handle_to_lock(&mut self, setting: &Setting) -> Result<Arc<StateFile>, Problem> {
        let known = self.handle(setting)?;
        let handle = match setting.place.open()? {
            Some(again) if again.is_file_of(&known) => self.keep(again),
            Some(_) => self.open_another(setting)?,
            None => return Err(known.deleted()),
        };
        handle.check_writable()?;
        if !self.name_is_durable {
            sync_folder(setting.place.system(), setting.place.folder())?;
            self.name_is_durable = true;
        }
        Ok(handle)
    }

    /// Under the lock of the file that the path names: see that the disk has the present state, wait for a
    /// tick, read, step, write, and look whether it counts.
    fn step(
        &mut self,
        setting: &Setting,
        handle: &StateFile,
        step: &mut Step<'_>,
    ) -> Result<(), Problem> {
        // Who wrote it may have been killed before the disk had it. Then the other slot is all that a power
        // cut leaves, and that one is written over next. It takes a part of the wait for the tick.
        if handle.read()?.record.generation != self.synced {
            handle.sync()?;
        }
        let now_ms = tick::wait_for_next(&*setting.clock)?;
        let present = of_series(handle.read()?, &setting.series)?;
        let given = self.as_known(handle, &present, now_ms);
        let mut after = Some(given.clone());
        let before = present.record.timeline;
        let history = handle.history(before.history());
        // The tick began under this lock.
        let moment = Moment::local(now_ms, &history).with_rewinds(Rewinds::Harmless);
        step(&mut after, &moment);
        // A step that only waits, or refuses, leaves the state as it is, and the disk alone. The doubt in a copy is
        // everybody's who looks at it; in one that was rewound it is known here alone, and so is written down.
        // And what was moved away is written until both slots say so.
        let is_as_it_was = |after: &Timeline| {
            let is_same = *after == before || *after == given && is_copy(handle, &before);
            is_same && !present.half_moved
        };
        if let Some(timeline) = after.filter(|after| !is_as_it_was(after)) {
            let record = Record {
                // Above what this file holds, and above what it held before it was rewound.
                generation: present.record.generation.max(self.generation) + 1,
                series: setting.series.clone(),
                timeline,
                pid: std::process::id(),
            };
            handle.write(present.next_slot, &record.encode()?)?;
            let record = match record.timeline.moved() {
                // In both slots, so that the loss of one brings nothing back to life.
                Some(_) => {
                    let again = Record {
                        generation: record.generation + 1,
                        ..record
                    };
                    handle.write(1 - present.next_slot, &again.encode()?)?;
                    again
                }
                None => record,
            };
            // A process may have been stopped for a day since it took the lock. If the path names
            // another file now, others granted from that one.
            match setting.place.names(handle)? {
                Named::Same => {}
                Named::Nothing => return Err(handle.deleted()),
                Named::Another => return Err(Problem::Replaced),
            }
            (self.generation, self.synced) = (record.generation, record.generation);
            self.moved_ms = setting.clock.monotonic_ms();
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn handle_mut(&mut self) -> Option<&mut StateFile> {
        self.handle.as_mut().and_then(Arc::get_mut)
    }
}

/// The state in the file, if it is this series', read without its lock.
fn read(handle: &StateFile, setting: &Setting) -> Result<Present, Problem> {
    of_series(handle.read_unlocked(&*setting.clock)?, &setting.series)
}

fn of_series(present: Present, series: &Series) -> Result<Present, Problem> {
    let (expected, found) = (series.fingerprint(), present.record.series.fingerprint());
    if expected == found {
        Ok(present)
    } else {
        Err(Problem::OtherSeries { expected, found })
    }
}

/// Whether a state was written in another file than the one that holds it.
fn is_copy(handle: &StateFile, timeline: &Timeline) -> bool {
    handle.history(timeline.history()) != *timeline.history()
}
