//! What is counted and measured, for Prometheus: `GET /metrics`.
//!
//! The crate is `prometheus`: it writes the text format 0.0.4, which every collector and `promtool check
//! metrics` read. (The official `prometheus-client` writes OpenMetrics alone.) What every request touches
//! is counted by `requests` itself, since the counters of either crate are shared by all threads.

mod make;
mod observed;
mod page;
mod requests;
mod reservations;
mod tokens;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use prometheus::{IntCounter, IntGauge};

use self::make::Maker;
use self::page::Histories;
use self::requests::Requests;
use self::reservations::Reservations;
use self::tokens::Tokens;

pub use self::observed::Observed;
pub(crate) use self::page::{CONTENT_TYPE, Now, Seen};
pub(crate) use self::requests::ENDPOINTS_MAX;

/// So many kinds of problem can be counted.
pub(crate) const PROBLEMS_MAX: usize = 64;

/// What is counted and measured of one server. Its [`App`](crate::App) shows it at `/metrics`, and an
/// [`Observed`] allocator counts its reservations here.
pub struct Metrics {
    made: Maker,
    pub(crate) requests: Requests,
    reservations: Reservations,
    tokens: Tokens,
    problems: [AtomicU64; PROBLEMS_MAX],
    accepted: IntCounter,
    open: IntGauge,
    open_max: IntGauge,
    histories: Mutex<Histories>,
    started: SystemTime,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Nothing has happened yet, and the process starts now.
    pub fn new() -> Self {
        let made = Maker::default();
        Self {
            requests: Requests::default(),
            reservations: Reservations::new(&made),
            tokens: Tokens::default(),
            problems: [const { AtomicU64::new(0) }; PROBLEMS_MAX],
            accepted: made.counter(
                "tracking_http_connections_accepted_total",
                "Connections accepted.",
            ),
            open: made.whole_gauge("tracking_http_connections_open", "Connections open now."),
            open_max: made.whole_gauge(
                "tracking_http_connections_max",
                "Connections that may be open at once.",
            ),
            histories: Mutex::new(Histories::new(&made)),
            started: SystemTime::now(),
            made,
        }
    }

    /// An answer is a problem of that index.
    pub(crate) fn problem(&self, kind: usize) {
        self.problems[kind].fetch_add(1, Ordering::Relaxed);
    }

    /// A connection was accepted; it is open until the guard is dropped.
    pub(crate) fn connection_opened(self: &Arc<Self>) -> OpenConnection {
        self.accepted.inc();
        self.open.inc();
        OpenConnection(Arc::clone(self))
    }

    /// So many connections may be open at once.
    pub(crate) fn connections_max(&self, connections: u32) {
        self.open_max.set(connections.into());
    }

    /// The file of tokens was read, or could not be. Without a call `/metrics` says nothing of it.
    pub fn tokens_read(&self, outcome: TokensRead) {
        self.tokens.read(&self.made, outcome);
    }
}

/// What became of reading the file of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokensRead {
    /// It is in force.
    Taken,
    /// It is broken, and the one before is still in force.
    Refused,
}

/// An open connection, counted as such until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<Metrics>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.open.dec();
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
