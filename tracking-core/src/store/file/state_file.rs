//! An open state file.

#[cfg(test)]
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use rustix::io::Errno;

use super::error::Problem;
use super::lock::{self, Locked, Progress, Wait};
use super::slot::{FILE_SIZE, Present, SLOT_SIZE};
use super::system::{Facts, OpenFile};
use crate::clock::Clock;
use crate::store::timeline::History;

/// An open state file, and which one it is.
pub(super) struct StateFile {
    file: Box<dyn OpenFile>,
    device: u64,
    inode: u64,
    /// Why it is open for reading alone, if it is.
    read_only: Option<Errno>,
}

impl StateFile {
    /// A file that was opened for reading and writing, or, for the reason named, for reading alone.
    pub(super) fn new(file: Box<dyn OpenFile>, facts: &Facts, read_only: Option<Errno>) -> Self {
        Self {
            read_only,
            file,
            device: facts.device,
            inode: facts.inode,
        }
    }

    /// Whether it is the file that the facts are of.
    pub(super) fn is(&self, facts: &Facts) -> bool {
        (facts.device, facts.inode) == (self.device, self.inode)
    }

    /// Whether it is the same file, opened twice.
    pub(super) fn is_file_of(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether it may be written to.
    pub(super) fn check_writable(&self) -> Result<(), Problem> {
        self.read_only
            .map_or(Ok(()), |errno| Err(Problem::io("open it", errno.into())))
    }

    /// The history of what this file holds, where `stored` is the history of what was read from it.
    ///
    /// The number of its inode is part of it: a file that takes another's place goes on in another
    /// lane, since the lock of the one proves nothing about the other.
    pub(super) fn history(&self, stored: &History) -> History {
        History::of_inode(stored, self.inode)
    }

    /// Take the lock; see [`lock::lock`].
    pub(super) fn lock(&self, clock: &dyn Clock, wait: Wait) -> Result<Locked<'_>, Problem> {
        lock::lock(&*self.file, clock, wait, || {
            let record = self.read_unlocked(clock).ok()?.record;
            Some(Progress {
                generation: record.generation,
                last_writer: record.pid,
            })
        })
    }

    /// The state in the file, read without its lock, so that a process which was stopped while it
    /// holds that one keeps nobody from looking. A write at the same moment spoils one slot, and
    /// leaves the state of before it; a reading that spans two writes may find both spoilt. So what
    /// seems damaged is looked at again.
    pub(super) fn read_unlocked(&self, clock: &dyn Clock) -> Result<Present, Problem> {
        const AGAIN: u32 = 4;
        const PAUSE: Duration = Duration::from_millis(1);
        for _ in 0..AGAIN {
            match self.read() {
                Ok(Present { doubtful: true, .. }) | Err(Problem::Damaged) => clock.sleep(PAUSE),
                answer => return answer,
            }
        }
        self.read()
    }

    /// The state in the file, under its lock.
    pub(super) fn read(&self) -> Result<Present, Problem> {
        let mut bytes = [0; FILE_SIZE];
        match self.file.read(&mut bytes, 0) {
            Ok(()) => Present::of(&bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Problem::Size {
                found: self.file.facts().map_or(0, |found| found.length),
            }),
            Err(source) => Err(Problem::io("read it", source)),
        }
    }

    /// Write one slot, and return when the disk has it. After an error nobody knows what the disk
    /// has, and asking again may say that all is well when it is not (the kernel drops a page that
    /// it could not write): the handle must be dropped. The slot is what it was then, as far as others
    /// read it: else they would take it for the newest, and write over the one that the disk has.
    pub(super) fn write(&self, slot: usize, bytes: &[u8; SLOT_SIZE]) -> Result<(), Problem> {
        let offset = (slot * SLOT_SIZE) as u64;
        let mut former = [0; SLOT_SIZE];
        self.file
            .read(&mut former, offset)
            .map_err(|source| Problem::io("read it", source))?;
        let written = self.try_write(offset, bytes);
        if written.is_err() {
            let _what_can_be_done = self.file.write(&former, offset);
        }
        written
    }

    fn try_write(&self, offset: u64, bytes: &[u8; SLOT_SIZE]) -> Result<(), Problem> {
        #[cfg(test)]
        faults::meet(faults::Fault::Write).map_err(|source| Problem::io("write it", source))?;
        let written = self
            .file
            .write(bytes, offset)
            .map_err(|source| Problem::io("write it", source))?;
        if written != SLOT_SIZE {
            let source = io::Error::from(io::ErrorKind::WriteZero);
            return Err(Problem::io("write all of it", source));
        }
        self.sync()
    }

    /// Return when the disk has all that was written.
    pub(super) fn sync(&self) -> Result<(), Problem> {
        #[cfg(test)]
        faults::meet(faults::Fault::Sync)
            .map_err(|source| Problem::io("bring it to the disk", source))?;
        self.file
            .sync_data()
            .map_err(|source| Problem::io("bring it to the disk", source))
    }

    #[cfg(test)]
    pub(super) fn file(&self) -> &File {
        self.file.as_file().unwrap()
    }

    /// That of an open file which the path no longer names.
    pub(super) fn deleted(&self) -> Problem {
        Problem::Deleted {
            pid: std::process::id(),
            descriptor: self.file.as_file().map_or(-1, AsRawFd::as_raw_fd),
        }
    }
}

/// Writes that fail, and a count of them, for tests of this thread.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::Cell;
    use std::io;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::store::file) enum Fault {
        Write,
        Sync,
    }

    thread_local! {
        static NEXT: Cell<Option<(Fault, i32)>> = const { Cell::new(None) };
        static SYNCS: Cell<u32> = const { Cell::new(0) };
        static FOLDER_SYNCS: Cell<u32> = const { Cell::new(0) };
    }

    /// Let the next write or sync of this thread fail with an error of the system.
    pub(in crate::store::file) fn inject(fault: Fault, errno: rustix::io::Errno) {
        NEXT.set(Some((fault, errno.raw_os_error())));
    }

    /// How often this thread waited for the disk.
    pub(in crate::store::file) fn syncs() -> u32 {
        SYNCS.get()
    }

    /// How often this thread waited for a folder's names.
    pub(in crate::store::file) fn folder_syncs() -> u32 {
        FOLDER_SYNCS.get()
    }

    pub(in crate::store::file) fn folder_synced() {
        FOLDER_SYNCS.set(FOLDER_SYNCS.get() + 1);
    }

    pub(super) fn meet(at: Fault) -> io::Result<()> {
        match NEXT.get() {
            Some((fault, errno)) if fault == at => {
                NEXT.set(None);
                Err(io::Error::from_raw_os_error(errno))
            }
            _ => {
                SYNCS.set(SYNCS.get() + u32::from(at == Fault::Sync));
                Ok(())
            }
        }
    }
}
