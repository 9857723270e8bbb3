//! What can be wrong with a state file, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::holder::Holder;
use crate::remedy::Remedy;
use crate::series::Fingerprint;
use crate::series::opening::OpenError;
use crate::shown::Plain;
use crate::store::allocator::AllocateError;
use crate::store::timeline::TimelineError;

/// A problem with the file of a store.
pub(super) struct FileError {
    /// The store, as a redacted URL.
    pub(super) store: String,
    pub(super) problem: Problem,
}

/// What to do about a file that cannot be used as it is.
const WHOLE_COPY: &str =
    "put back a whole copy (nothing repeats), or move it away and restore the series from its key";
/// Whose it cannot be.
const NOT_OURS: &str = "no version of tracking writes that: ";

/// None keeps an error as its source: its text is in the problem's own.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("cannot {doing}: {error}{}", hint(error))]
    Io {
        doing: &'static str,
        error: io::Error,
    },
    #[error("its lock could not be had within 2 s; {holder}")]
    Locked { holder: Holder },
    #[error(
        "its lock could not be had within 30 s, while others reserved from it {others} times and more; let fewer processes share it, or let each ask for more numbers at once"
    )]
    Crowded { others: u64 },
    #[error(transparent)]
    Clock(#[from] TimelineError),
    #[error("expected a regular file, found {found}; move it away, or name another file")]
    Kind { found: &'static str },
    #[error(
        "expected a folder at {}, found something else; make it one, or name another file",
        Plain::of(folder)
    )]
    Folder { folder: PathBuf },
    #[error(
        "expected a file of user {expected}, found one of user {found}; run as user {found}, or give the file to user {expected} with chown"
    )]
    Owner { expected: u32, found: u32 },
    #[error(
        "expected a file that only its owner may write, found mode {found:04o}; it holds the series' key: chmod 600 it"
    )]
    Mode { found: u32 },
    #[error(
        "expected 8192 bytes, found {found}; it is no state file of ours or was cut: {WHOLE_COPY}"
    )]
    Size { found: u64 },
    #[error("both of its slots are damaged; {WHOLE_COPY}")]
    Damaged,
    #[error(
        "expected version 1 to 3 of the format, found {found}; {}{}",
        if *found == 0 { NOT_OURS } else { "it was written by a newer version of tracking: " },
        if *found == 0 { WHOLE_COPY } else { "use that one" },
    )]
    Version { found: u64 },
    #[error(
        "expected a generation below 2^62, which no file of ours comes to, found {found}; {NOT_OURS}{WHOLE_COPY}"
    )]
    Generation { found: u64 },
    #[error(
        "it lies on {found}, whose locks may not hold between hosts; name a file on a local disk, or, if you vouch for the locks, add ?network_file_system=allow to the store's URL"
    )]
    Network { found: &'static str },
    #[error("its file system has no locks ({error}); name a file on another one")]
    NoLocks { error: io::Error },
    #[error(
        "its file system has no hard links ({error}), without which two first runs could both create the series; name a file on another one"
    )]
    NoLinks { error: io::Error },
    #[error(
        "it was deleted or moved away while this process ran, and nothing more is granted; put it back and this process goes on (its last state can still be copied from /proc/{pid}/fd/{descriptor}); a restart without it would make a new series with another key"
    )]
    Deleted { pid: u32, descriptor: i32 },
    #[error(
        "it was deleted or moved away while this process ran, and nothing more is granted; put it back and this process goes on; a restart without it would make a new series with another key"
    )]
    Missing,
    #[error(
        "it was replaced by another file during a reservation, and nothing was granted; the next one goes on if the series there is the same, so put that one back if it is not"
    )]
    Replaced,
    #[error(
        "expected the series with fingerprint {expected}, found {found}: the file was replaced while this process ran, and nothing more is granted; put the series' own file back and this process goes on, or restart to use the one that is there"
    )]
    OtherSeries {
        expected: Fingerprint,
        found: Fingerprint,
    },
}

impl Problem {
    pub(super) fn io(doing: &'static str, error: io::Error) -> Self {
        Self::Io { doing, error }
    }

    /// What can be done about it, where a program has a way of its own for that.
    fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Io { error, .. } if !hint(error).is_empty() => Some(Remedy::NameStore),
            Self::Kind { .. }
            | Self::Folder { .. }
            | Self::NoLocks { .. }
            | Self::NoLinks { .. } => Some(Remedy::NameStore),
            Self::Size { .. } | Self::Damaged | Self::Generation { .. } => {
                Some(Remedy::RestoreSeries)
            }
            Self::Version { found: 0 } => Some(Remedy::RestoreSeries),
            _ => None,
        }
    }

    /// Whether somebody must act before it makes sense to try again.
    fn is_refusal(&self) -> bool {
        use io::ErrorKind::{InvalidFilename, IsADirectory, NotADirectory, PermissionDenied};
        /// A loop of symbolic links, which `ErrorKind` does not name yet.
        const LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
        match self {
            Self::Io { error, .. } => {
                error.raw_os_error() == Some(LOOP)
                    || matches!(
                        error.kind(),
                        InvalidFilename | IsADirectory | NotADirectory | PermissionDenied
                    )
            }
            Self::Locked { .. } | Self::Crowded { .. } => false,
            _ => true,
        }
    }
}

fn hint(error: &io::Error) -> &'static str {
    use io::ErrorKind::{NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem};
    match error.kind() {
        io::ErrorKind::StorageFull | QuotaExceeded => "; make room there, or name another file",
        ReadOnlyFilesystem => "; mount it writable, or name another file",
        PermissionDenied => {
            "; let this user read and write the file and its folder, or name another file"
        }
        NotADirectory => "; a part of its path is no folder: make it one, or name another file",
        _ => "",
    }
}

impl From<FileError> for AllocateError {
    fn from(FileError { store, problem }: FileError) -> Self {
        let (lasts, remedy) = (problem.is_refusal(), problem.remedy());
        match problem {
            Problem::Clock(source) => Self::Clock { store, source },
            problem => Self::of_fault(store, problem, lasts, remedy),
        }
    }
}

impl From<FileError> for OpenError {
    fn from(error: FileError) -> Self {
        Self::Store(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_vouches_for_a_network_file_systems_locks_learns_how() {
        let found = "a FUSE file system";
        let message = Problem::Network { found }.to_string();
        assert!(
            message.starts_with("it lies on a FUSE file system, ")
                && message.ends_with("add ?network_file_system=allow to the store's URL"),
            "{message}"
        );
    }
}
