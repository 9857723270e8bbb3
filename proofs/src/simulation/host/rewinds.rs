//! What is put back: the file from an older copy, and the machine from a snapshot.

use std::path::Path;

use super::super::disk::Disk;
use super::super::files::PATH;
use super::super::process::{Copied, Process};
use super::Host;

/// How many older copies of the file are kept.
const COPIES: usize = 4;

/// How older copies of the file come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewinds {
    /// None does: the clock is set back instead.
    None,
    /// Written over it in place.
    WrittenOver,
    /// Renamed over it.
    Renamed,
    /// Either. Then a file may have changed its lane and not know, and judges of numbers by what it knows.
    Both,
}

/// A snapshot of the machine: one process in it, and the disk.
pub(super) struct Restorable {
    copied: Copied,
    disk: Disk,
    wall_ms: i64,
    monotonic_ms: i64,
}

impl Host {
    /// Take note of the file as it is.
    pub(super) fn copy(&mut self) {
        let mut state = self.world.lock();
        let Some(bytes) = state.disk.content(Path::new(PATH)).map(<[u8]>::to_vec) else {
            return;
        };
        state.tell(|| "the file is copied".to_owned());
        if self.copies.len() == COPIES {
            self.copies.remove(0);
        }
        self.copies.push(bytes);
    }

    fn older_copy(&self) -> Option<Vec<u8>> {
        let place = self.world.lock().place_in(self.copies.len());
        place.map(|place| self.copies[place].clone())
    }

    pub(super) fn rewind(&mut self) {
        match self.rewinds {
            Rewinds::None => {}
            Rewinds::WrittenOver => self.write_over(),
            Rewinds::Renamed => self.replace(),
            Rewinds::Both if self.world.lock().one_in(2) => self.replace(),
            Rewinds::Both => self.write_over(),
        }
    }

    fn write_over(&mut self) {
        let Some(copy) = self.older_copy() else {
            return self.copy();
        };
        let mut state = self.world.lock();
        let synced = state.one_in(2);
        state.disk.write_over(Path::new(PATH), &copy, synced);
        state.tell(|| "an older copy is written over the file".to_owned());
        state.met.count("files written over with an older copy");
        if state.in_granted_tick() {
            state
                .met
                .count("files written over in a tick that was granted from");
        }
    }

    fn replace(&mut self) {
        let Some(copy) = self.older_copy() else {
            return self.copy();
        };
        let mut state = self.world.lock();
        state.disk.replace(Path::new(PATH), &copy);
        state.tell(|| "an older copy is renamed over the file".to_owned());
        state.met.count("files replaced by a copy");
        let held = self
            .processes
            .iter()
            .any(|p| state.disk.has_lock(p.index()));
        if held {
            state.met.count("files replaced under a reservation");
        }
    }

    pub(super) fn take_snapshot(&mut self) {
        let Some(place) = self.any() else {
            return;
        };
        let process = &mut self.processes[place];
        let index = process.index();
        let Some(copied) = process.copied() else {
            return;
        };
        let mut state = self.world.lock();
        state.tell(|| format!("a snapshot of the machine is taken, with process {index}"));
        self.restorable = Some(Restorable {
            copied,
            disk: state.disk.clone(),
            wall_ms: state.wall_ms(),
            monotonic_ms: state.now_ms as i64 + state.lives[index].monotonic_offset_ms,
        });
    }

    /// The machine goes on from its snapshot; its clock is right at once.
    pub(super) fn restore(&mut self) {
        let Some(restorable) = self.restorable.take() else {
            return self.take_snapshot();
        };
        {
            let mut state = self.world.lock();
            let max_age_ms = self.habits.max_age.as_millis() as i64;
            let passed_ms = state.wall_ms() - restorable.wall_ms;
            // Until then it may issue again what it has in hand: the promise excepts that.
            let missing_ms = (max_age_ms - passed_ms).max(0);
            state.now_ms += missing_ms as u64;
            state.tell(|| "the machine is restored from its snapshot".to_owned());
            state.met.count("machines restored from a snapshot");
        }
        self.kill_all();
        let in_hand = restorable.copied.runway();
        let forks = restorable.copied.forks();
        let offset_ms = {
            let mut state = self.world.lock();
            // A file that is back, and was another one meanwhile, cannot know the lanes of that one.
            if state.one_in(2) && self.rewinds != Rewinds::Renamed {
                state.disk.put_back(&restorable.disk);
            }
            restorable.monotonic_ms - state.now_ms as i64
        };
        self.boot_ms = offset_ms;
        let mut process = Process::start(
            &self.world,
            &self.habits,
            forks,
            offset_ms,
            Some(restorable.copied),
        );
        if process.issue(7) == 0 && in_hand > 0 {
            self.world
                .lock()
                .met
                .count("numbers dropped by who was restored");
        }
        self.processes.push(process);
        self.start();
    }
}
