//! The file that says who may call: it is written, read, checked and explained here, for both programs.
//!
//! `tracking-http --tokens FILE` reads it, `tracking token new --file FILE` adds to it, `tracking token check
//! FILE` shows what it says, and everything that is wrong with it. It is a file of TOML, and each token is a
//! table of it, as its [`TokenEntry`] displays:
//!
//! ```toml
//! [[token]]
//! name = "shop-a"                  # whose it is; two tokens of one name share a rate
//! sha256 = "ba7816bf…"             # the SHA-256 of the token, never the token
//! scopes = ["issue", "read"]       # what it is good for: one or more of issue, read, metrics, ledger
//! expires = 2028-01-01T00:00:00Z   # when it ends to be good, with its offset; without it: never
//! rate = 100                       # numbers a second for all of the name; without it: no limit
//! burst = 1000                     # how many of them at once; without it: as many as in a second
//! ```
//!
//! It has at most 1 MiB, some 7,000 tokens; no token stands in it twice. No message repeats what stands where
//! a token or its digest does.

mod addition;
mod error;
mod mistake;
mod parse;

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use tracking_core::shown::Plain;

pub use self::addition::Addition;
pub use self::error::TokenFileError;
pub use self::mistake::Mistake;
use self::parse::parse;
use super::{Count, TokenEntry};

/// The bytes of a file: some 7,000 tokens.
const LENGTH_MAX: u64 = 1024 * 1024;

/// The most mistakes of a file that are told.
pub const MISTAKES_MAX: usize = 100;

/// A token of the file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Line {
    /// What the file says of it.
    pub entry: TokenEntry,
    /// The line that it begins at, from 1.
    pub line: usize,
}

/// The tokens of a file, none twice, and each name with one rate.
///
/// # Errors
/// The file can't be read, or is wrong: then each mistake is told.
pub fn read(path: &Path) -> Result<Vec<TokenEntry>, TokenFileError> {
    let lines = read_lines(path)?;
    Ok(lines.into_iter().map(|line| line.entry).collect())
}

/// The same with the line of each.
///
/// # Errors
/// As [`read`].
pub fn read_lines(path: &Path) -> Result<Vec<Line>, TokenFileError> {
    let text = read_text(path)?;
    parse(&text).map_err(|mistakes| TokenFileError::wrong(path, mistakes))
}

fn read_text(path: &Path) -> Result<String, TokenFileError> {
    let read = || {
        let mut text = String::new();
        // Without it a FIFO is not even opened until somebody writes to it.
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(nonblocking)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(no_regular_file());
        }
        let length = file.take(LENGTH_MAX + 1).read_to_string(&mut text)?;
        if length as u64 > LENGTH_MAX {
            return Err(too_long());
        }
        Ok(text)
    };
    read().map_err(|source| TokenFileError::Read {
        path: path.to_owned(),
        source,
    })
}

fn no_regular_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "expected a regular file")
}

fn too_long() -> io::Error {
    let message = format!("expected at most {LENGTH_MAX} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// What an operator should know of a file that is right: that nobody may, or who else may write or read it.
pub fn warning(path: &Path, count: Count) -> Option<String> {
    match count.in_force() {
        0 => Some(format!(
            "{} has no token that is in force: nobody may",
            Plain::of(path)
        )),
        _ => mode_warning(path),
    }
}

/// What an operator should know of the file's mode: who else may write or read it.
pub fn mode_warning(path: &Path) -> Option<String> {
    const OTHERS_WRITE: u32 = 0o022;
    const OTHERS: u32 = 0o007;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    let path = Plain::of(path);
    if mode & OTHERS_WRITE != 0 {
        Some(format!(
            "{path} can be written by others than its owner (mode {mode:04o}), who may so let anyone in: chmod go-w"
        ))
    } else if mode & OTHERS != 0 {
        Some(format!(
            "{path} says who may, and its mode {mode:04o} lets other users of this host in: chmod o= it"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn a_file_that_is_none_and_one_that_others_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let error = read(&path).unwrap_err().to_string();
        let shown = path.display();
        assert_eq!(
            error,
            format!("cannot read the tokens of {shown}: No such file or directory (os error 2)")
        );
        for none in [folder.path(), Path::new("/dev/null")] {
            let error = read(none).unwrap_err().to_string();
            assert!(error.ends_with(": expected a regular file"), "{error}");
        }
        std::fs::write(&path, "#".repeat(LENGTH_MAX as usize + 1)).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with(": expected at most 1048576 bytes"),
            "{error}"
        );
        for (mode, warns) in [
            (0o600, false),
            (0o640, false),
            (0o644, true),
            (0o660, true),
            (0o602, true),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(mode_warning(&path).is_some(), warns, "{mode:o}");
        }
    }
}
