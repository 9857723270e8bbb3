//! Logs: lines on stderr by `tracing`, chosen by `RUST_LOG`.
//!
//! What a customer sent, a query above all, goes into no log at any level.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracking_core::{Clock, SystemClock};

/// Log to stderr what `RUST_LOG` asks for, else what is of level `info` or above.
pub fn init() {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        // It would panic where stderr is gone.
        .log_internal_errors(false)
        .init();
}

/// Lets one line a second through, for what may happen thousands of times a second.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// The second after the one that has had its line, by the monotonic clock.
    next: AtomicU64,
}

impl Throttle {
    pub(crate) fn may_log(&self) -> bool {
        let now = Duration::from_millis(SystemClock.monotonic_ms()).as_secs();
        // Relaxed: it guards nothing but itself, and `fetch_max` lets one caller a second win.
        self.next.fetch_max(now + 1, Ordering::Relaxed) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_one_line_a_second_through() {
        let throttle = Throttle::default();
        let began = SystemClock.monotonic_ms();
        let lines = (0..100_000).filter(|_| throttle.may_log()).count() as u64;
        let seconds = SystemClock.monotonic_ms() / 1000 - began / 1000 + 1;
        assert!(
            (1..=seconds).contains(&lines),
            "{lines} lines in {seconds} s"
        );
    }
}
