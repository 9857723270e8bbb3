//! A state in one file, shared by all processes of a host.
//!
//! The file has two slots ([`slot`]), and is opened with suspicion ([`place`]). A reservation
//! ([`session`]) takes the process's mutex and the file's lock ([`lock`]), looks whether the path
//! still names this file, waits for the disk if another process wrote it last, **waits until a tick
//! has begun since then** ([`tick`]), reads both slots, takes the valid one of the higher generation,
//! steps the timeline, writes the *other* slot, waits for the disk, looks at the path again, and only
//! then answers. Why so:
//!
//! - A tick that began while one holder had the lock began under no other holder's. So no two
//!   grants share a tick, *whatever the file says*: it may be rewound, emptied or replaced at any
//!   moment, also by who has nothing to see it by, and repeats nothing while the clock goes forward.
//!   The rest of a tick is never granted from later. It costs up to 10 ms a reservation, of which
//!   there are at most 100 a second.
//! - Two *files* that stand at the path in turn have two locks, so that proves nothing about them.
//!   The number of the inode is part of the history, and a file that takes another's place goes on
//!   in another lane: two of them meet 1 time in 63, if they are renamed over each other and back
//!   within a tick.
//! - What the file says still matters where the clock went back: the last ticks answer that, as
//!   they do in every store.
//! - A crash before the write loses nothing. One during it leaves the older slot whole, and that one is on the
//!   disk by then, whoever wrote it and was killed before it was. One after it loses the block, which nobody
//!   was told of.
//! - The file is never renamed over by us, since the lock sits on the inode.
//! - Who only reads takes no lock.
//!
//! The argument needs one clock for all who hold the lock. Hosts that share a network file system,
//! where that was allowed, have two; and an embedder's own clock ([`FileAllocator::open_with_clock`])
//! must be the same in all processes. There, a rewind within the skew of the clocks can repeat.
//!
//! What a file can't see: that an older copy of it was written over it in place, if no process that knew
//! better is left. (A copy that is renamed over it shows by its inode, unless that has the number of the
//! former one.) No number repeats by that; but which lanes were used between the copy and its return is then
//! unknown, if the lane changed meanwhile, since the clock went back or another file's copy was written over
//! it, too, and a genuine number of such a lane is refused.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::{Clock, SystemClock};
use crate::fork::PerProcess;
use crate::series::opening::{OpenError, SeriesOptions};
use crate::store::allocator::AllocateError;
use crate::store::keep::{Step, Store};
use crate::store::snapshot::Snapshot;
use crate::store::store_allocator::StoreAllocator;
use crate::store::url::FileUrl;
use crate::store::warning::StoreWarning;

mod create;
mod error;
mod holder;
mod lock;
mod open;
mod place;
mod session;
mod slot;
mod state_file;
mod system;
mod tick;

use create::Creation;
pub(crate) use open::series_name;
use session::{Session, Setting};
use system::System;
pub use system::{Access, Facts, FileSystem, OpenFile};

/// Store URL `file:PATH`. All processes of one host share the series; it survives `kill -9` and
/// power cuts.
///
/// The series is this file's alone: a copy of the file that is used beside it is the same series
/// in two places at once. An older copy that is put back in its place repeats nothing, as long as
/// the clock does not go back.
///
/// A reservation costs one `fdatasync`, and waits for the next tick of 10 ms, so that there are at
/// most 100 a second and file: ask for many serials at once. It waits for other processes, for 30 s
/// at most while they come and go; one that keeps the lock for 2 s is
/// [`AllocateError::Unavailable`], with its process id.
///
/// What only reads, such as [`snapshot`](crate::OpenStore::snapshot), takes no lock, and works on a read-only
/// file system.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use tracking_core::{Allocator, FileAllocator, SeriesOptions};
/// use tracking_core::store::reserve_patiently;
/// use tracking_core::store::url::FileUrl;
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
pub type FileAllocator = StoreAllocator<FileStore>;

/// Keeps the state of a [`FileAllocator`].
pub struct FileStore {
    setting: Setting,
    session: PerProcess<Mutex<Session>>,
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

    /// Open or create the series of a state file, with a given clock: the same for all processes
    /// that reserve from the file, since no two of them may see the same tick begin.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with_clock(
        url: &FileUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_in(url, options, clock, Arc::new(System))
    }

    /// The same in a given file system, which a simulation brings.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    #[doc(hidden)]
    pub fn open_in(
        url: &FileUrl,
        options: &SeriesOptions,
        clock: Arc<dyn Clock>,
        system: Arc<dyn FileSystem>,
    ) -> Result<Self, OpenError> {
        let (setting, session, creation) = open::open(url, options, clock, system)?;
        let series = setting.series.clone();
        let store = FileStore {
            setting,
            session: PerProcess::new(Mutex::new(session)),
            creation,
        };
        Ok(Self::over(store, series))
    }
}

impl FileStore {
    fn session(&self) -> MutexGuard<'_, Session> {
        // What it knows is checked against the file each time, so a panic leaves nothing half done.
        let session = self.session.get(|| Mutex::new(Session::unopened()));
        session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, problem: error::Problem) -> AllocateError {
        self.setting.place.error(problem).into()
    }
}

impl Store for FileStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        // Told before the mutex: threads that queue there wait no longer than the first of them.
        let asked_ms = self.setting.clock.monotonic_ms();
        self.session()
            .update(&self.setting, step, asked_ms)
            .map_err(|problem| self.failed(problem))
    }

    /// Without the lock, and so by no update.
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        let timeline = self
            .session()
            .timeline(&self.setting)
            .map_err(|problem| self.failed(problem))?;
        Ok(Snapshot::new(Some(timeline), self.setting.clock.now_ms()))
    }

    fn warnings(&self) -> Vec<StoreWarning> {
        let text = self.setting.place.warning();
        text.into_iter()
            .map(|text| StoreWarning::new(text, None))
            .collect()
    }

    fn is_new(&self) -> bool {
        self.creation == Creation::Ours
    }
}

impl fmt::Display for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.setting.place.url().fmt(f)
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.setting.place.path())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
