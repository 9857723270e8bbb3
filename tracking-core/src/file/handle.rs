//! An open state file.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};

use super::error::Problem;
use super::lock::{self, Lock, Locked};
use super::slot::{FILE_SIZE, Present, SLOT_SIZE};
use crate::clock::Clock;

/// An open state file, and which one it is.
pub(super) struct Handle {
    file: File,
    device: u64,
    inode: u64,
    /// The process that opened it. A child of `fork` shares its lock, and must open its own.
    pid: u32,
}

impl Handle {
    pub(super) fn new(file: File, metadata: &Metadata) -> Self {
        Self {
            file,
            device: metadata.dev(),
            inode: metadata.ino(),
            pid: std::process::id(),
        }
    }

    /// Whether it is the file that `metadata` tells of.
    pub(super) fn is(&self, metadata: &Metadata) -> bool {
        (metadata.dev(), metadata.ino()) == (self.device, self.inode)
    }

    /// Whether this process opened it, and not one that it was forked from.
    pub(super) fn is_ours(&self) -> bool {
        self.pid == std::process::id()
    }

    /// Take the lock; see [`lock::lock`].
    pub(super) fn lock(
        &self,
        kind: Lock,
        clock: &dyn Clock,
        deadline_ms: u64,
    ) -> Result<Locked<'_>, Problem> {
        let last_writer = || self.read().ok().map(|present| present.record.pid);
        lock::lock(&self.file, kind, clock, deadline_ms, last_writer)
    }

    /// The state in the file.
    pub(super) fn read(&self) -> Result<Present, Problem> {
        let mut bytes = [0; FILE_SIZE];
        match self.file.read_exact_at(&mut bytes, 0) {
            Ok(()) => Present::of(&bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Problem::Size {
                found: self.file.metadata().map_or(0, |found| found.len()),
            }),
            Err(source) => Err(Problem::io("read it", source)),
        }
    }

    /// Write one slot, and return when the disk has it. After an error nobody knows what the disk
    /// has, and asking again may say that all is well when it is not (the kernel drops a page that
    /// it could not write): the handle must be dropped.
    pub(super) fn write(&self, slot: usize, bytes: &[u8; SLOT_SIZE]) -> Result<(), Problem> {
        #[cfg(test)]
        faults::meet(faults::Fault::Write).map_err(|source| Problem::io("write it", source))?;
        let offset = (slot * SLOT_SIZE) as u64;
        let written = self
            .file
            .write_at(bytes, offset)
            .map_err(|source| Problem::io("write it", source))?;
        if written != SLOT_SIZE {
            let source = io::Error::from(io::ErrorKind::WriteZero);
            return Err(Problem::io("write all of it", source));
        }
        #[cfg(test)]
        faults::meet(faults::Fault::Sync)
            .map_err(|source| Problem::io("bring it to the disk", source))?;
        self.file
            .sync_data()
            .map_err(|source| Problem::io("bring it to the disk", source))
    }

    /// That of an open file which the path no longer names.
    pub(super) fn deleted(&self) -> Problem {
        Problem::Deleted {
            pid: self.pid,
            descriptor: self.file.as_raw_fd(),
        }
    }

    #[cfg(test)]
    pub(super) fn forked(&mut self) {
        self.pid += 1;
    }
}

/// Writes that fail, and a count of them, for tests of this thread.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::Cell;
    use std::io;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(in crate::file) enum Fault {
        Write,
        Sync,
    }

    thread_local! {
        static NEXT: Cell<Option<(Fault, i32)>> = const { Cell::new(None) };
        static SYNCS: Cell<u32> = const { Cell::new(0) };
    }

    /// Let the next write or sync of this thread fail with an error of the system.
    pub(in crate::file) fn inject(fault: Fault, errno: rustix::io::Errno) {
        NEXT.set(Some((fault, errno.raw_os_error())));
    }

    /// How often this thread waited for the disk.
    pub(in crate::file) fn syncs() -> u32 {
        SYNCS.get()
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
