//! The lock that one process of the host holds at a time.

use std::fs::TryLockError;
use std::io;
use std::time::Duration;

use super::error::Problem;
use super::holder::Holder;
use super::system::OpenFile;
use crate::clock::Clock;

/// How long a holder may keep the lock while the file does not change, in milliseconds.
pub(super) const LOCK_TIMEOUT_MS: u64 = 2_000;
/// How long a reservation waits in all while others come first, in milliseconds.
pub(super) const LONGEST_WAIT_MS: u64 = 30_000;

const FIRST_PAUSE: Duration = Duration::from_micros(50);
/// Below the half of a tick: who comes a little late for the lock still waits for the same tick.
const LONGEST_PAUSE: Duration = Duration::from_millis(4);
/// Bounds the loop where the monotonic clock stands still.
const TRIES: u64 = LONGEST_WAIT_MS;

/// The lock, held until it is dropped.
pub(super) struct Locked<'a> {
    file: &'a dyn OpenFile,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // It fails only where the file is no longer open, and then the lock is gone, too.
        let _ = self.file.unlock();
    }
}

/// How long one reservation waits for the lock, by the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    /// Until when, if nothing moves.
    until_ms: u64,
    /// Until when at the most.
    at_most_ms: u64,
}

impl Wait {
    /// For a reservation that was asked for at `asked_ms`, where this process last saw the file
    /// change at `moved_ms`. Threads that queue for a handle are told by it that others were served.
    pub(super) fn new(asked_ms: u64, moved_ms: u64) -> Self {
        let at_most_ms = asked_ms + LONGEST_WAIT_MS;
        Self {
            until_ms: (asked_ms.max(moved_ms) + LOCK_TIMEOUT_MS).min(at_most_ms),
            at_most_ms,
        }
    }
}

/// What the file says while somebody else holds its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) generation: u64,
    pub(super) last_writer: u32,
}

/// Take the lock on `file`, with one try at least.
///
/// It is `flock(2)`, which belongs to the open file: a process that dies lets go of it, and two
/// handles of one process exclude each other as two processes do. It is asked for again and again
/// rather than waited for, since a process that was stopped while it holds the lock must not stop
/// all others of the host: they get an error that names it. A queue that moves is no stuck holder:
/// with each reservation of others that `progress` shows, the wait begins anew.
pub(super) fn lock<'a>(
    file: &'a dyn OpenFile,
    clock: &dyn Clock,
    mut wait: Wait,
    progress: impl Fn() -> Option<Progress>,
) -> Result<Locked<'a>, Problem> {
    if let Some(locked) = try_lock(file)? {
        return Ok(locked);
    }
    let first = progress();
    let mut known = first;
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        let now_ms = clock.monotonic_ms();
        if now_ms >= wait.until_ms {
            let found = progress();
            if found == known {
                break;
            }
            known = found;
            if now_ms >= wait.at_most_ms {
                let generation = |progress: Option<Progress>| progress.map_or(0, |p| p.generation);
                return Err(Problem::Crowded {
                    others: generation(known).saturating_sub(generation(first)),
                });
            }
            wait.until_ms = (now_ms + LOCK_TIMEOUT_MS).min(wait.at_most_ms);
        }
        clock.sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let Some(locked) = try_lock(file)? {
            return Ok(locked);
        }
    }
    Err(Problem::Locked {
        holder: Holder::of(file.as_file(), known.map(|found| found.last_writer)),
    })
}

fn try_lock(file: &dyn OpenFile) -> Result<Option<Locked<'_>>, Problem> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Locked { file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => match source.kind() {
            io::ErrorKind::Interrupted => Ok(None),
            io::ErrorKind::Unsupported => Err(Problem::NoLocks { error: source }),
            _ => Err(Problem::io("lock it", source)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ManualClock;
    use std::cell::Cell;

    /// Wait for a lock that somebody keeps, while the file's generation is what `generation` says
    /// at a time; what came of it, and after how many milliseconds.
    fn wait(wait: Wait, generation: impl Fn(u64) -> Option<u64>) -> (String, u64) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let holder = file.reopen().unwrap();
        holder.lock().unwrap();
        let clock = ManualClock::at(0);
        let looks = Cell::new(0);
        let progress = || {
            looks.set(looks.get() + 1);
            generation(clock.monotonic_ms()).map(|generation| Progress {
                generation,
                last_writer: 7,
            })
        };
        let answer = lock(file.as_file(), &clock, wait, progress).map(|_| ());
        assert!(looks.get() < 20, "the file was read {} times", looks.get());
        let text = answer.unwrap_err().to_string();
        (text, clock.monotonic_ms())
    }

    const STUCK: &str = "its lock could not be had within 2 s; process ";

    #[test]
    fn a_holder_that_does_not_move_is_waited_for_for_two_seconds() {
        for generation in [Some(9), None] {
            let (text, waited_ms) = wait(Wait::new(0, 0), |_| generation);
            assert!(text.starts_with(STUCK), "{text}");
            assert!((2_000..2_010).contains(&waited_ms), "{waited_ms}");
        }
        // Who was asked before, and saw nothing move since, tries once.
        let clock_ms = 0;
        let late = Wait {
            until_ms: clock_ms,
            at_most_ms: 30_000,
        };
        assert_eq!(wait(late, |_| Some(9)).1, 0);
    }

    #[test]
    fn a_queue_that_moves_is_waited_for_for_thirty_seconds() {
        let (text, waited_ms) = wait(Wait::new(0, 0), |ms| Some(5 + ms / 10));
        let others = text
            .strip_prefix("its lock could not be had within 30 s, while others reserved from it ")
            .unwrap();
        let others: u64 = others.split(' ').next().unwrap().parse().unwrap();
        assert!((2_990..=3_001).contains(&others), "{others}");
        assert!((30_000..30_010).contains(&waited_ms), "{waited_ms}");
    }

    #[test]
    fn a_queue_that_comes_to_a_stop_is_left_soon_after() {
        let (text, waited_ms) = wait(Wait::new(0, 0), |ms| Some(5 + ms.min(7_000) / 10));
        assert!(text.starts_with(STUCK), "{text}");
        assert!((8_000..10_020).contains(&waited_ms), "{waited_ms}");
    }

    #[test]
    fn threads_that_queued_for_the_handle_begin_anew_when_it_moved() {
        assert_eq!(Wait::new(1_000, 500).until_ms, 3_000);
        assert_eq!(Wait::new(1_000, 4_000).until_ms, 6_000);
        assert_eq!(Wait::new(1_000, 60_000).until_ms, 31_000);
    }
}
