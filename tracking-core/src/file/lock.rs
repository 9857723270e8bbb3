//! The lock that one process of the host holds at a time.

use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use super::error::Problem;
use super::holder::Holder;
use crate::clock::Clock;

/// How long a reservation waits for the lock, in milliseconds.
pub(super) const PATIENCE_MS: u64 = 2_000;
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(1);
/// Bounds the loop where a clock stands still: some 2 s of pauses.
const TRIES: u32 = PATIENCE_MS as u32;

/// Who may hold the lock besides.
#[derive(Clone, Copy)]
pub(super) enum Lock {
    Exclusive,
    Shared,
}

/// The lock, held until it is dropped.
pub(super) struct Locked<'a> {
    file: &'a File,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // It fails only where the file is no longer open, and then the lock is gone, too.
        let _ = self.file.unlock();
    }
}

/// Take the lock on `file` by `deadline_ms` of the monotonic clock, with one try at least.
///
/// It is `flock(2)`, which belongs to the open file: a process that dies lets go of it, and two
/// handles of one process exclude each other as two processes do. It is asked for again and again
/// rather than waited for, since a process that was stopped while it holds the lock must not stop
/// all others of the host: they get an error that names it.
pub(super) fn lock<'a>(
    file: &'a File,
    lock: Lock,
    clock: &dyn Clock,
    deadline_ms: u64,
    last_writer: impl FnOnce() -> Option<u32>,
) -> Result<Locked<'a>, Problem> {
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        let tried = match lock {
            Lock::Exclusive => file.try_lock(),
            Lock::Shared => file.try_lock_shared(),
        };
        match tried {
            Ok(()) => return Ok(Locked { file }),
            Err(TryLockError::WouldBlock) if clock.monotonic_ms() < deadline_ms => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(source)) => match source.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::Unsupported => return Err(Problem::NoLocks { source }),
                _ => return Err(Problem::io("lock it", source)),
            },
        }
    }
    let holder = Holder::of(file, last_writer());
    Err(Problem::Locked { holder })
}
