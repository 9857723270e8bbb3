//! Pipes that much goes through.

use std::fs::File;

/// As much as the system lets every user have, and about what is read or written at once.
#[cfg(target_os = "linux")]
const LENGTH: usize = 1024 * 1024;

/// Let the two ends of a pipe work side by side: as it comes it holds 64 KiB, for which the one waits for the
/// other again and again. What may not be, or is no pipe, goes on as it is. Only for pipes that are full: what
/// all pipes of a user hold together has a bound.
pub(crate) fn widen(file: &File) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(file, LENGTH);
    #[cfg(not(target_os = "linux"))]
    let _ = file;
}
