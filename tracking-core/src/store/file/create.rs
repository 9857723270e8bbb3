//! Creating the file, so that of two first runs exactly one wins. Its name is brought to the disk
//! here, and again by every process that reserves from it, since this one may be killed before.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::num::NonZeroU32;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::error::Problem;
use super::place::Place;
use super::slot;
use crate::series::Series;
use crate::store::timeline::{History, Request, Timeline, TimelineError, step};

/// What is done where a name or a history is drawn.
const DRAW: &str = "draw random bits for it";

/// Whose file is at the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Creation {
    Ours,
    /// Another process was faster.
    Others,
}

/// Create the file of a series, and the folders it lies in: it goes on after `start`, if there is one.
pub(super) fn create(
    place: &Place,
    series: &Series,
    start: Option<Timeline>,
    now_ms: i64,
) -> Result<Creation, Problem> {
    let folder = place.folder();
    make_folders(folder)?;
    // Never under its own name before it is whole; and never by a rename, which would put it in
    // the place of a file that is there.
    let temporary = Temporary::new(folder)?;
    place.check_file_system(&temporary.file)?;
    // Only to see that there are locks: nobody else knows the file.
    temporary
        .file
        .try_lock()
        .map_err(|error| Problem::NoLocks {
            error: error.into(),
        })?;
    let timeline = first_timeline(&temporary.file, start, now_ms)?;
    let bytes = slot::new_file(series, &timeline, std::process::id())?;
    write_whole(&temporary.file, &bytes).map_err(|source| Problem::io("write it", source))?;
    let creation = match std::fs::hard_link(&temporary.path, place.path()) {
        Ok(()) => Creation::Ours,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Creation::Others,
        Err(source) => return Err(link_problem(source)),
    };
    // Who is told that there is a series must find it after a power cut.
    sync_folder(folder)?;
    Ok(creation)
}

/// A missing state, stepped: what any lost one may have used is behind the fence. Or that of another history.
fn first_timeline(file: &File, start: Option<Timeline>, now_ms: i64) -> Result<Timeline, Problem> {
    let found = file
        .metadata()
        .map_err(|source| Problem::io("look at it", source))?;
    let drawn = History::try_random().map_err(|source| Problem::io(DRAW, source))?;
    let history = History::of_inode(&drawn, found.ino());
    let mut timeline = start;
    let request = Request::local(now_ms, &history, NonZeroU32::MIN);
    step(&mut timeline, &request)?;
    timeline.ok_or(Problem::Clock(TimelineError::ClockOutOfRange { now_ms }))
}

/// Make the folders that are missing, and see to it that they and those above outlive a power cut:
/// another first run may have made some of them and been killed before it did that.
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
    }
    folder.ancestors().skip(1).try_for_each(sync_folder)
}

/// Bring the names in a folder to the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Problem> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem};
    #[cfg(test)]
    super::state_file::faults::folder_synced();
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot, and need not; and a folder that this user may not even list
        // was made by somebody else.
        Err(error)
            if matches!(
                error.kind(),
                InvalidInput | PermissionDenied | ReadOnlyFilesystem
            ) =>
        {
            Ok(())
        }
        synced => synced.map_err(|source| Problem::io("bring its folder to the disk", source)),
    }
}

fn write_whole(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

fn link_problem(source: io::Error) -> Problem {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported => {
            Problem::NoLinks { error: source }
        }
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
        let drawn = crate::random::bytes::<8>().map_err(|source| Problem::io(DRAW, source))?;
        let name = crate::hex::encode(&drawn);
        let path = folder.join(format!(".tracking-new-{name}"));
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
