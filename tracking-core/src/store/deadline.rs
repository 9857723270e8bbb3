//! When a call must be over.

use std::time::{Duration, Instant};

/// The end of a call. Sockets take real time, so this reads the real clock and no injected one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    end: Instant,
    whole: Duration,
}

impl Deadline {
    pub(crate) fn after(whole: Duration) -> Self {
        Self::of_call(Instant::now(), whole)
    }

    /// That of a call which began then.
    pub(crate) fn of_call(began: Instant, whole: Duration) -> Self {
        let end = began + whole;
        Self { end, whole }
    }

    /// The time that is left; `None` when there is none. A socket takes no time-out of zero.
    pub(crate) fn left(self) -> Option<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        (left >= Duration::from_millis(1)).then_some(left)
    }

    /// When that is; `None` when no time is left.
    #[cfg(feature = "mysql")]
    pub(crate) fn end(self) -> Option<Instant> {
        self.left().map(|_| self.end)
    }

    /// The time that the whole call had.
    pub(crate) fn whole(self) -> Duration {
        self.whole
    }

    /// An earlier end, for one of several `attempts` that share what is left.
    pub(crate) fn share(self, attempts: usize, most: Duration) -> Self {
        let attempts = u32::try_from(attempts.max(1)).unwrap_or(u32::MAX);
        let left = self.end.saturating_duration_since(Instant::now());
        let whole = (left / attempts).min(most);
        Self {
            end: Instant::now() + whole,
            whole,
        }
    }
}
