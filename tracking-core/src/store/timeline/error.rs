//! Why a step grants nothing.

use super::{Moved, TOLERATED_SKEW_MS};
use crate::rfc3339;

/// Why a step grants nothing, and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimelineError {
    /// The clock is outside the years that serials can hold (rule 0).
    #[error(
        "the clock says {}, but serials hold the years from 2025 to 2112; set the clock right",
        rfc3339::utc(*now_ms)
    )]
    ClockOutOfRange {
        /// The clock, in milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// The state is missing or of another history, and the clocks that must then agree do not
    /// (rule 4).
    #[error(
        "the store's clock says {} and this host's {}, which is more than {TOLERATED_SKEW_MS} ms \
         apart while the store's state is new; set the clocks right and try again",
        rfc3339::utc(*store_ms), rfc3339::utc(*caller_ms)
    )]
    ClocksDisagree {
        /// The store's clock, in milliseconds since the Unix epoch.
        store_ms: i64,
        /// The caller's clock, in milliseconds since the Unix epoch.
        caller_ms: i64,
    },
    /// The clock came to no later tick while one was waited for.
    #[error(
        "the clock said {}, and 2 s of waiting later {}; it stands still or was set back: set it \
         right and try again",
        rfc3339::utc(*noted_ms), rfc3339::utc(*now_ms)
    )]
    ClockHeldUp {
        /// The clock at first, in milliseconds since the Unix epoch.
        noted_ms: i64,
        /// The clock in the end, in milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// Every lane's last tick lies ahead of the clock, by this much or more (rule 3).
    #[error("the clock is {behind_ms} ms behind every lane; set it right, or wait that long")]
    ClockBehind {
        /// By how much, in milliseconds.
        behind_ms: u64,
    },
    /// The series was moved away. No clock is wrong.
    #[error(
        "{_0}, and nothing more is granted here; name the store that it was moved to, or import its export there: that can be made here again"
    )]
    Moved(Moved),
}
