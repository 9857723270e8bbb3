//! Putting an entry into the file.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::TokenFileError;
use super::{LENGTH_MAX, parse};
use crate::tokens::TokenEntry;

/// An entry that was put at the end of a file of tokens, and is on the disk. Others who add to the
/// file wait for this to be dropped.
#[derive(Debug)]
pub struct Addition {
    path: PathBuf,
    file: File,
    /// How long the file was before; none if there was none.
    before: Option<u64>,
}

impl Addition {
    /// Put an entry at the end of a file of tokens, which keeps its mode; a new file is for its owner
    /// alone.
    ///
    /// # Errors
    /// The file can't be read or written, is wrong, or has that name already. It is as it was then.
    pub fn put(path: &Path, entry: &TokenEntry) -> Result<Self, TokenFileError> {
        let failed = |source| TokenFileError::Write {
            path: path.to_owned(),
            source,
        };
        let (file, is_new) = locked(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut addition = Self {
            path: path.to_owned(),
            file,
            before: (!is_new).then_some(length),
        };
        match addition.put_in(entry, length) {
            Ok(()) => Ok(addition),
            Err(error) => {
                // What went wrong first is what is told.
                let _ = addition.undo();
                Err(error)
            }
        }
    }

    fn put_in(&mut self, entry: &TokenEntry, length: u64) -> Result<(), TokenFileError> {
        let path = self.path.clone();
        let failed = |source| TokenFileError::Write {
            path: path.clone(),
            source,
        };
        let mut text = String::new();
        let read = (&self.file).take(LENGTH_MAX + 1).read_to_string(&mut text);
        read.map_err(failed)?;
        let lines = parse(&text).map_err(|mistakes| TokenFileError::wrong(&path, mistakes))?;
        if lines.iter().any(|earlier| earlier.entry.name == entry.name) {
            return Err(TokenFileError::NameThere {
                path: path.clone(),
                name: entry.name.clone(),
            });
        }
        let added = match text.is_empty() || text.ends_with("\n\n") {
            true => entry.to_string(),
            // A line of its own, whether the last one has its end or not, and a blank one before it.
            false if text.ends_with('\n') => format!("\n{entry}"),
            false => format!("\n\n{entry}"),
        };
        if length + added.len() as u64 > LENGTH_MAX {
            return Err(failed(super::too_long()));
        }
        // One write, so that a server which reads at this moment finds all or nothing of it.
        self.file.seek(SeekFrom::End(0)).map_err(failed)?;
        self.file.write_all(added.as_bytes()).map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        match self.before {
            None => sync_folder(&path).map_err(failed),
            Some(_) => Ok(()),
        }
    }

    /// Take the entry out again.
    ///
    /// # Errors
    /// The file can't be written: the entry may be there still.
    pub fn undo(self) -> io::Result<()> {
        match self.before {
            Some(length) => {
                self.file.set_len(length)?;
                self.file.sync_all()
            }
            None => std::fs::remove_file(&self.path),
        }
    }
}

/// The file with its lock, and whether it was made for that.
fn locked(path: &Path) -> io::Result<(File, bool)> {
    loop {
        let (file, is_new) = open(path)?;
        file.lock()?;
        let found = file.metadata()?;
        match std::fs::metadata(path) {
            // Of a file that was made, somebody else may have had the lock first.
            Ok(named) if (named.dev(), named.ino()) == (found.dev(), found.ino()) => {
                return Ok((file, is_new && found.len() == 0));
            }
            // It was taken away again, by who had made it, while this waited for the lock.
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

/// The file, opened for reading and writing, and whether it was made for that.
fn open(path: &Path) -> io::Result<(File, bool)> {
    // A FIFO is opened at once, and refused.
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(nonblocking);
    let file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            match options.clone().create_new(true).mode(0o600).open(path) {
                // Somebody else was faster.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path)?,
                made => return Ok((made?, true)),
            }
        }
        found => found?,
    };
    match file.metadata()?.is_file() {
        true => Ok((file, false)),
        false => Err(super::no_regular_file()),
    }
}

/// The name of a new file is on the disk, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all()) {
        // Some file systems cannot, and need not.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::tokens::{Scope, TokenDigest};

    fn entry(name: &str) -> TokenEntry {
        let digest = TokenDigest::of(name.as_bytes());
        TokenEntry::new(name.parse().unwrap(), digest, Scope::Issue.into())
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn entries_are_added_and_the_mode_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        drop(Addition::put(&path, &entry("a")).unwrap());
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            entry("a").to_string()
        );
        assert_eq!(mode(&path), 0o600);

        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        drop(Addition::put(&path, &entry("b")).unwrap());
        assert_eq!(mode(&path), 0o640);
        // People's files may lack the end of the last line, or begin with a mark.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("\u{feff}# ours\r\n{}", text.trim_end())).unwrap();
        drop(Addition::put(&path, &entry("c")).unwrap());
        let names: Vec<_> = crate::tokens::file::read(&path).unwrap();
        let names: Vec<_> = names.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn what_cannot_be_added_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        for (text, said) in [
            (entry("a").to_string(), "has a token of a already"),
            ("nonsense".to_owned(), "tokens.toml:1:9: "),
            (
                "#".repeat(LENGTH_MAX as usize - 9),
                "expected at most 1048576 bytes",
            ),
        ] {
            std::fs::write(&path, &text).unwrap();
            let error = Addition::put(&path, &entry("a")).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let nowhere = folder.path().join("none/tokens.toml");
        assert!(Addition::put(&nowhere, &entry("a")).is_err());
        assert!(Addition::put(folder.path(), &entry("a")).is_err());
    }

    #[test]
    fn what_is_undone_was_never_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        Addition::put(&path, &entry("a")).unwrap().undo().unwrap();
        assert!(!path.exists());
        std::fs::write(&path, "# nobody yet").unwrap();
        Addition::put(&path, &entry("a")).unwrap().undo().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "# nobody yet");
    }

    #[test]
    fn many_at_once_are_all_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("tokens.toml");
        let added = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|i| {
                    scope.spawn(move || Addition::put(path, &entry(&format!("a{}", i / 2))).is_ok())
                })
                .collect();
            threads
                .into_iter()
                .map(|t| t.join().unwrap())
                .filter(|ok| *ok)
                .count()
        });
        assert_eq!(added, 4, "of two of one name one");
        assert_eq!(crate::tokens::file::read(path).unwrap().len(), 4);
    }
}
