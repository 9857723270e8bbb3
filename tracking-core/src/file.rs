//! An allocator that keeps its state in one file, shared by all processes of a host.
//!
//! The file has two slots ([`slot`]), and is opened with suspicion ([`place`]). A reservation
//! ([`session`]) takes the process's mutex and the file's lock ([`lock`]), reads both slots, takes
//! the valid one of the higher generation, steps the timeline, writes the *other* slot, waits for
//! the disk, looks whether the path still names this file, and only then answers. Why in this
//! order:
//!
//! - A crash before the write loses nothing. One during it leaves the older slot whole. One after
//!   it loses the block, which nobody was told of.
//! - The file is never renamed over, since the lock sits on the inode: two processes would hold
//!   two locks, each on a file of its own.
//! - Whenever the state found may be older than one that was granted from (a damaged slot, a
//!   generation that went back, a file that was gone or could not be written), nothing is granted
//!   before the next tick, in any lane: see [`Timeline::fenced`](crate::timeline::Timeline::fenced).

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::allocator::{AllocateError, Allocator, Snapshot, Store};
use crate::clock::{Clock, SystemClock};
use crate::opening::{OpenError, SeriesOptions};
use crate::serial::Block;
use crate::series::Series;
use crate::timeline::Answer;
use crate::url::FileUrl;

mod create;
mod error;
mod handle;
mod holder;
mod lock;
mod network;
mod opening;
mod place;
mod session;
mod slot;

use create::Creation;
use session::{Session, Setting};

/// Store URL `file:PATH`. All processes of one host share the series; it survives `kill -9` and
/// power cuts.
///
/// The series is this file's alone: a copy of the file that is used beside it is the same series
/// in two places at once. An older copy that is put back in its place repeats nothing, as long as
/// the clock is right.
///
/// A reservation costs one `fdatasync`. It waits for other processes for at most 2 s, and then
/// answers [`AllocateError::Unavailable`] with the process that holds the lock.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tracking_core::{Allocator, FileAllocator, FileUrl, SeriesOptions, reserve_patiently};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("shop.series");
/// let url = FileUrl::new(path);
/// let wanted = NonZeroU32::new(100).unwrap();
/// // Made when it is missing, with a random key and prefix.
/// let allocator = FileAllocator::open(&url, &SeriesOptions::default())?;
/// let block = reserve_patiently(&allocator, wanted, Duration::from_secs(1))?;
/// assert_eq!(block.length(), wanted);
///
/// let other = FileAllocator::open(&url, &SeriesOptions::default())?;
/// assert_eq!(other.series().fingerprint(), allocator.series().fingerprint());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FileAllocator {
    setting: Setting,
    session: Mutex<Session>,
    creation: Creation,
}

impl FileAllocator {
    /// Open or create the series of a state file. An existing file is only read.
    ///
    /// # Errors
    /// See [`OpenError`]. The file must be a regular one of 8,192 bytes, of this user (unless that
    /// is root), which only its owner may write, and not on a network file system unless the URL
    /// allows that.
    pub fn open(url: &FileUrl, options: &SeriesOptions) -> Result<Self, OpenError> {
        Self::open_with_clock(url, options, Arc::new(SystemClock))
    }

    /// Open or create the series of a state file, with a given clock.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with_clock(
        url: &FileUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let (setting, session, creation) = opening::open(url, options, clock)?;
        Ok(Self {
            setting,
            session: Mutex::new(session),
            creation,
        })
    }

    fn deadline_ms(&self) -> u64 {
        self.setting.clock.monotonic_ms() + lock::PATIENCE_MS
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        // What it knows is checked against the file each time, so a panic leaves nothing half done.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, problem: error::Problem) -> AllocateError {
        self.setting.place.error(problem).into()
    }
}

impl Allocator for FileAllocator {
    fn series(&self) -> &Series {
        &self.setting.series
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        // Told before the mutex: threads that queue there wait no longer than the first of them.
        let deadline_ms = self.deadline_ms();
        let answer = self
            .session()
            .reserve(&self.setting, wanted, deadline_ms)
            .map_err(|problem| self.failed(problem))?;
        match answer {
            Answer::Granted(block) => Ok(block),
            Answer::NotYet(after) => Err(AllocateError::NotYet { after }),
        }
    }
}

impl Store for FileAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let deadline_ms = self.deadline_ms();
        let timeline = self
            .session()
            .timeline(&self.setting, deadline_ms)
            .map_err(|problem| self.failed(problem))?;
        Ok(Snapshot::new(Some(timeline), self.setting.clock.now_ms()))
    }

    fn is_new(&self) -> bool {
        self.creation == Creation::Ours
    }
}

impl fmt::Display for FileAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.setting.place.url().fmt(f)
    }
}

impl fmt::Debug for FileAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileAllocator")
            .field("path", &self.setting.place.path())
            .field("series", &self.setting.series)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
