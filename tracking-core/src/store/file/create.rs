//! Creating the file, so that of two first runs exactly one wins. Its name is brought to the disk
//! here, and again by every process that reserves from it, since this one may be killed before.

use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::error::Problem;
use super::place::Place;
use super::slot;
use super::system::{FileSystem, OpenFile};
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
    let (folder, system) = (place.folder(), place.system());
    make_folders(system, folder)?;
    // Never under its own name before it is whole; and never by a rename, which would put it in
    // the place of a file that is there.
    let temporary = Temporary::new(system, folder)?;
    place.check_file_system(&*temporary.file)?;
    // Only to see that there are locks: nobody else knows the file.
    temporary
        .file
        .try_lock()
        .map_err(|error| Problem::NoLocks {
            error: error.into(),
        })?;
    let timeline = first_timeline(&*temporary.file, start, now_ms)?;
    let bytes = slot::new_file(series, &timeline, std::process::id())?;
    write_whole(&*temporary.file, &bytes).map_err(|source| Problem::io("write it", source))?;
    let creation = match system.link(&temporary.path, place.path()) {
        Ok(()) => Creation::Ours,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Creation::Others,
        Err(source) => return Err(link_problem(source)),
    };
    // Who is told that there is a series must find it after a power cut.
    sync_folder(system, folder)?;
    Ok(creation)
}

/// A missing state, stepped: what any lost one may have used is behind the fence. Or that of another history.
fn first_timeline(
    file: &dyn OpenFile,
    start: Option<Timeline>,
    now_ms: i64,
) -> Result<Timeline, Problem> {
    let found = file
        .facts()
        .map_err(|source| Problem::io("look at it", source))?;
    let drawn = History::try_random().map_err(|source| Problem::io(DRAW, source))?;
    let history = History::of_inode(&drawn, found.inode);
    let mut timeline = start;
    let request = Request::local(now_ms, &history, NonZeroU32::MIN);
    step(&mut timeline, &request)?;
    timeline.ok_or(Problem::Clock(TimelineError::ClockOutOfRange { now_ms }))
}

/// Make the folders that are missing, and see to it that they and those above outlive a power cut:
/// another first run may have made some of them and been killed before it did that.
fn make_folders(system: &dyn FileSystem, folder: &Path) -> Result<(), Problem> {
    let missing: Vec<_> = folder
        .ancestors()
        .take_while(|f| !system.is_folder(f))
        .collect();
    for folder in missing.into_iter().rev() {
        match system.make_folder(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // By another first run, unless it is no folder: a dangling link, say.
                if !system.is_folder(folder) {
                    let folder = folder.to_owned();
                    return Err(Problem::Folder { folder });
                }
            }
            Err(source) => return Err(Problem::io("make its folder", source)),
        }
    }
    folder
        .ancestors()
        .skip(1)
        .try_for_each(|folder| sync_folder(system, folder))
}

/// Bring the names in a folder to the disk.
pub(super) fn sync_folder(system: &dyn FileSystem, folder: &Path) -> Result<(), Problem> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, ReadOnlyFilesystem};
    #[cfg(test)]
    super::state_file::faults::folder_synced();
    match system.sync_folder(folder) {
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

fn write_whole(file: &dyn OpenFile, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.write(&bytes[written..], written as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
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
struct Temporary<'a> {
    system: &'a dyn FileSystem,
    path: PathBuf,
    file: Box<dyn OpenFile>,
}

impl<'a> Temporary<'a> {
    fn new(system: &'a dyn FileSystem, folder: &Path) -> Result<Self, Problem> {
        let drawn = crate::random::bytes::<8>().map_err(|source| Problem::io(DRAW, source))?;
        let name = crate::hex::encode(&drawn);
        let path = folder.join(format!(".tracking-new-{name}"));
        match system.create(&path) {
            Ok(file) => Ok(Self { system, path, file }),
            Err(source) => Err(Problem::io("create it", source)),
        }
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // A name that is left over does no harm.
        let _ = self.system.remove(&self.path);
    }
}
