//! The file's place: made for its owner alone, on a file system of this host.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracking_core::file_system;
use tracking_core::shown::Plain;

/// Which file stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

/// Which file stands there now.
pub(super) fn identity(path: &Path) -> std::io::Result<Identity> {
    let metadata = std::fs::metadata(path)?;
    Ok(Identity {
        device: metadata.dev(),
        inode: metadata.ino(),
    })
}

/// Makes the file if it is missing, with mode 0600 (SQLite gives its WAL the same), and says where it is.
///
/// One that is there is not opened: when a process closes a file, it loses all locks that SQLite has on it, for another
/// ledger of this process, too. So files are made one at a time.
pub(super) fn make(path: &Path) -> Result<PathBuf, String> {
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = |what: &str, error: std::io::Error| format!("could not {what}: {error}");
    if path.as_os_str().is_empty() {
        return Err("expected the path of a file, found none".into());
    }
    let path = std::path::absolute(path).map_err(|error| text("tell where it is", error))?;
    let metadata = match std::fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(&path).map_err(|error| text("make the file", error))?;
            std::fs::metadata(&path)
        }
        found => found,
    };
    let metadata = metadata.map_err(|error| text("look at the file", error))?;
    if !metadata.is_file() {
        return Err("expected a regular file".into());
    }
    check_name(&path, metadata.nlink())?;
    // It is no mount of its own, so that its folder lies where it does.
    let found = path.canonicalize().and_then(|path| {
        let folder = File::open(path.parent().unwrap_or(Path::new("/")))?;
        file_system::shared_by_hosts(&folder)
    });
    let found = found.map_err(|error| text("ask for its file system", error))?;
    found.map_or(Ok(path), |found| Err(on_network(found)))
}

fn create(path: &Path) -> std::io::Result<()> {
    let mut open = OpenOptions::new();
    open.read(true).write(true).create(true).truncate(false);
    open.mode(0o600).open(path)?;
    // Its name is as durable as what will be in it.
    File::open(path.parent().unwrap_or(Path::new("/")))?.sync_all()
}

/// SQLite keeps its WAL beside the name that it was opened by, and takes another name for another database: each would
/// miss what is recorded by the other, and a checkpoint damage it. It follows symbolic links to the one name.
fn check_name(path: &Path, names: u64) -> Result<(), String> {
    if names > 1 {
        return Err(format!(
            "expected a file with one name, found one with {names} (hard links): SQLite would miss by one name what is \
             recorded by another; remove the others, or make them symbolic links"
        ));
    }
    if file_system::is_mount_point(path) {
        return Err(
            "expected a file in a folder that is mounted, found the file mounted alone: SQLite would keep a part of what \
             is recorded beside it, outside of what is mounted; mount its folder"
                .into(),
        );
    }
    Ok(())
}

fn on_network(found: &str) -> String {
    format!(
        "expected a file system of this host, found {found}: SQLite would damage it when two hosts write; \
         put it on a local disk, or use mysql://"
    )
}

/// Whether others may read it.
pub(super) fn warnings(path: &Path) -> Vec<String> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Vec::new();
    };
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 == 0 {
        return Vec::new();
    }
    vec![format!(
        "the ledger's file {} has mode {mode:04o}, by which others may read whose parcels they are: chmod 600 it",
        Plain::of(path)
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_told_of_with_what_to_do() {
        assert_eq!(
            on_network("a FUSE file system"),
            "expected a file system of this host, found a FUSE file system: SQLite would damage it when two hosts write; put it on a local disk, or use mysql://"
        );
    }
}
