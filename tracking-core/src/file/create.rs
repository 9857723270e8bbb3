//! Creating the file, so that of two first runs exactly one wins, and what it made survives a
//! power cut before anybody reserves from it.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::error::Problem;
use super::place::Place;
use super::slot;
use crate::series::Series;
use crate::timeline::{History, Request, Timeline, TimelineError, step};

/// Whose file is at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    Ours,
    /// Another process was faster.
    Others,
}

/// Create the file of a series, and the folders it lies in.
pub(super) fn create(place: &Place, series: &Series, now_ms: i64) -> Result<Creation, Problem> {
    let bytes = slot::new_file(series, &first_timeline(now_ms)?, std::process::id())?;
    let folder = place.path().parent().unwrap_or(Path::new("/"));
    make_folders(folder)?;
    // Never under its own name before it is whole; and never by a rename, which would put it in
    // the place of a file that is there.
    let temporary = Temporary::new(folder)?;
    place.check_file_system(&temporary.file)?;
    // The lock is taken before the file has its name, and held until the folder is on the disk:
    // what others reserve cannot vanish with the file in a power cut. It is free: nobody else
    // knows the file.
    temporary
        .file
        .try_lock()
        .map_err(|error| Problem::NoLocks {
            source: error.into(),
        })?;
    write_whole(&temporary.file, &bytes).map_err(|source| Problem::io("write it", source))?;
    let creation = match std::fs::hard_link(&temporary.path, place.path()) {
        Ok(()) => Creation::Ours,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Creation::Others,
        Err(source) => return Err(link_problem(source)),
    };
    sync_folder(folder)?;
    Ok(creation)
}

/// A missing state, stepped: what any lost one may have used is behind the fence.
fn first_timeline(now_ms: i64) -> Result<Timeline, Problem> {
    let history = History::random();
    let mut timeline = None;
    let request = Request::local(now_ms, &history, NonZeroU32::MIN);
    step(&mut timeline, &request)?;
    timeline.ok_or(Problem::Clock(TimelineError::ClockOutOfRange { now_ms }))
}

/// Make the folders that are missing, each durable before the next.
fn make_folders(folder: &Path) -> Result<(), Problem> {
    let missing: Vec<_> = folder.ancestors().take_while(|f| !f.is_dir()).collect();
    for folder in missing.into_iter().rev() {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // By another first run, unless it is no folder: a dangling link, say.
                if !folder.is_dir() {
                    let folder = folder.to_owned();
                    return Err(Problem::Folder { folder });
                }
            }
            Err(source) => return Err(Problem::io("make its folder", source)),
        }
        sync_folder(folder.parent().unwrap_or(folder))?;
    }
    Ok(())
}

fn sync_folder(folder: &Path) -> Result<(), Problem> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot, and need not.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced.map_err(|source| Problem::io("bring its folder to the disk", source)),
    }
}

fn write_whole(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn link_problem(source: io::Error) -> Problem {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => Problem::NoLinks { source },
        _ => Problem::io("give it its name", source),
    }
}

/// A file whose name vanishes when it is dropped.
struct Temporary {
    path: PathBuf,
    file: File,
}

impl Temporary {
    fn new(folder: &Path) -> Result<Self, Problem> {
        let path = folder.join(format!(".tracking-new-{:016x}", rand::random::<u64>()));
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR) {
            Ok(file) => Ok(Self {
                path,
                file: file.into(),
            }),
            Err(source) => Err(Problem::io("create it", source.into())),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A name that is left over does no harm.
        let _ = std::fs::remove_file(&self.path);
    }
}
