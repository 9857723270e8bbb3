//! Where the file is: opening it, and telling whether it is still the one that the path names.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::error::{FileError, Problem};
use super::slot::FILE_SIZE;
use super::state_file::StateFile;
use super::system::{Access, Facts, FileSystem, OpenFile, shared_by_hosts};
use crate::store::url::FileUrl;

/// Of a file's mode, what is no kind.
const PERMISSIONS: u32 = 0o7777;

/// A path, and what is expected of the file there.
pub(super) struct Place {
    url: FileUrl,
    /// Absolute, so that it names the same file when the process goes to another folder.
    path: PathBuf,
    system: Arc<dyn FileSystem>,
}

/// What a path names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The file of the handle.
    Same,
    Nothing,
    Another,
}

impl Place {
    pub(super) fn new(url: &FileUrl, system: Arc<dyn FileSystem>) -> Result<Self, FileError> {
        let path = std::path::absolute(url.path()).map_err(|source| FileError {
            store: url.to_string(),
            problem: Problem::io("tell the present folder", source),
        })?;
        Ok(Self {
            url: url.clone(),
            path,
            system,
        })
    }

    pub(super) fn system(&self) -> &dyn FileSystem {
        &*self.system
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The store, as a redacted URL.
    pub(super) fn url(&self) -> &FileUrl {
        &self.url
    }

    /// A problem with the file here.
    pub(super) fn error(&self, problem: Problem) -> FileError {
        FileError {
            store: self.url.to_string(),
            problem,
        }
    }

    /// Open the file for reading and writing, or for reading alone where this user or the file
    /// system allows no more; `None` if there is none.
    pub(super) fn open(&self) -> Result<Option<StateFile>, Problem> {
        // First by name: an error that says what is there, and nothing but a regular file is
        // opened, since to open a device or a FIFO does something to it.
        let Some(there) = self.look()? else {
            return Ok(None);
        };
        check(&there)?;
        let open = |access| self.system.open(&self.path, access);
        let (opened, read_only) = match open(Access::Write) {
            Err(error) => match Errno::from_io_error(&error) {
                Some(errno @ (Errno::ROFS | Errno::ACCESS | Errno::PERM)) => {
                    (open(Access::Read), Some(errno))
                }
                _ => (Err(error), None),
            },
            opened => (opened, None),
        };
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Problem::io("open it", source)),
        };
        // Then what was opened, in case it took another's place in between.
        let found = file
            .facts()
            .map_err(|source| Problem::io("look at it", source))?;
        check(&found)?;
        self.check_file_system(&*file)?;
        Ok(Some(StateFile::new(file, &found, read_only)))
    }

    /// Refuse a file on a file system that hosts share, unless the URL allows it.
    pub(super) fn check_file_system(&self, file: &dyn OpenFile) -> Result<(), Problem> {
        if self.url.allows_network_file_system() {
            return Ok(());
        }
        let found = shared_by_hosts(file)
            .map_err(|source| Problem::io("ask for its file system", source))?;
        found.map_or(Ok(()), |found| Err(Problem::Network { found }))
    }

    /// Whether the path still names the file of a handle, whole.
    pub(super) fn names(&self, handle: &StateFile) -> Result<Named, Problem> {
        match self.look()? {
            None => Ok(Named::Nothing),
            Some(found) if handle.is(&found) => check_size(&found).map(|()| Named::Same),
            Some(_) => Ok(Named::Another),
        }
    }

    /// What an operator should know of the file: that others may read it, or hold its lock.
    pub(super) fn warning(&self) -> Option<String> {
        const OTHERS: u32 = 0o007;
        let mode = self.look().ok()??.mode & PERMISSIONS;
        (mode & OTHERS != 0).then(|| {
            format!(
                "{}: its mode is {mode:04o}, so that every user of this host may read the series' key in it and hold up all reservations by its lock; chmod 600 it",
                self.url
            )
        })
    }

    /// The folder that the file lies in.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    fn look(&self) -> Result<Option<Facts>, Problem> {
        match self.system.look(&self.path) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Problem::io("look at it", source)),
        }
    }
}

fn check(found: &Facts) -> Result<(), Problem> {
    if let Some(found) = found.other_kind {
        return Err(Problem::Kind { found });
    }
    check_owner(found.owner, rustix::process::geteuid().as_raw())?;
    check_mode(found.mode)?;
    check_size(found)
}

fn check_owner(found: u32, us: u32) -> Result<(), Problem> {
    const ROOT: u32 = 0;
    if found == us || us == ROOT {
        Ok(())
    } else {
        Err(Problem::Owner {
            expected: us,
            found,
        })
    }
}

/// Who may write the file can rewind it. Who may only read it learns the key; an operator may want
/// that for a backup, so it is no reason to refuse.
fn check_mode(mode: u32) -> Result<(), Problem> {
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    if mode & WRITABLE_BY_OTHERS == 0 {
        Ok(())
    } else {
        Err(Problem::Mode {
            found: mode & PERMISSIONS,
        })
    }
}

fn check_size(found: &Facts) -> Result<(), Problem> {
    if found.length == FILE_SIZE as u64 {
        Ok(())
    } else {
        Err(Problem::Size {
            found: found.length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_may_use_another_users_file() {
        assert!(check_owner(1000, 1000).is_ok());
        assert!(check_owner(1000, 0).is_ok());
        assert_eq!(
            check_owner(0, 1000).unwrap_err().to_string(),
            "expected a file of user 1000, found one of user 0; run as user 0, or give the file to user 1000 with chown"
        );
    }

    #[test]
    fn others_may_not_write() {
        for mode in [0o100600, 0o100400, 0o100640, 0o100644] {
            assert!(check_mode(mode).is_ok(), "{mode:o}");
        }
        for mode in [0o100620, 0o100602, 0o100666] {
            assert!(check_mode(mode).is_err(), "{mode:o}");
        }
        assert_eq!(
            check_mode(0o100666).unwrap_err().to_string(),
            "expected a file that only its owner may write, found mode 0666; it holds the series' key: chmod 600 it"
        );
    }
}
