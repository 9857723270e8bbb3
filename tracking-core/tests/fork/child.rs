//! Children of `fork` that run a function and hand back numbers.
#![allow(
    unsafe_code,
    reason = "`fork` may leave a child with held locks: that is what is tested"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tracking_core::TrackingNumber;

/// A child that hangs is ended after so many seconds.
const PATIENCE_S: u32 = 120;

pub(crate) struct Child {
    pid: libc::pid_t,
    answer: PathBuf,
}

impl Child {
    /// Run `work` in a child, which ends after it.
    pub(crate) fn fork(
        answer: &Path,
        work: impl FnOnce() -> Result<Vec<TrackingNumber>, String>,
    ) -> Self {
        // SAFETY: the child runs `work` and then ends, without coming back to this test's caller.
        Self::of(unsafe { libc::fork() }, answer, work)
    }

    /// The same by a system call alone, of which the C library's handlers are not told.
    pub(crate) fn unseen(
        answer: &Path,
        work: impl FnOnce() -> Result<Vec<TrackingNumber>, String>,
    ) -> Self {
        // SAFETY: as above; without flags and a stack `clone` is `fork`.
        let pid = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
        Self::of(pid as libc::pid_t, answer, work)
    }

    fn of(
        pid: libc::pid_t,
        answer: &Path,
        work: impl FnOnce() -> Result<Vec<TrackingNumber>, String>,
    ) -> Self {
        if pid == 0 {
            // SAFETY: it has no conditions.
            unsafe { libc::alarm(PATIENCE_S) };
            let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
                let text = panic.downcast_ref::<String>().cloned();
                Err(text.unwrap_or_else(|| "it panicked".to_owned()))
            });
            let (code, text) = match result {
                Ok(numbers) => {
                    let lines = numbers.iter().map(|number| number.as_str());
                    (0, lines.collect::<Vec<_>>().join("\n"))
                }
                Err(error) => (1, error),
            };
            let written = fs::write(answer, text);
            // SAFETY: it ends the process as it is, with nothing of the parent's run or dropped.
            unsafe { libc::_exit(if written.is_ok() { code } else { 2 }) }
        }
        assert!(pid > 0, "fork: {}", std::io::Error::last_os_error());
        Self {
            pid,
            answer: answer.to_owned(),
        }
    }

    /// What it handed back, once it has ended.
    pub(crate) fn numbers(self) -> Vec<TrackingNumber> {
        let mut status = 0;
        // SAFETY: the status is written to a variable of this function.
        let waited = unsafe { libc::waitpid(self.pid, &mut status, 0) };
        assert_eq!(waited, self.pid);
        let text = fs::read_to_string(&self.answer).unwrap_or_default();
        assert_eq!(status, 0, "wait status, of a child that said: {text}");
        text.lines().map(|line| line.parse().unwrap()).collect()
    }
}
