//! How long clients may take, and how many there may be.

use std::time::Duration;

/// What clients may take, all together and each. Times are enforced within a second.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// How long a client may take to send a request's head, then its body, and then again each time
    /// before it reads more of an answer that fills its connection.
    pub read_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// How long the server itself may take until an answer begins. It gives up far earlier; this is
    /// for the case that it fails to.
    pub answer_timeout: Duration,
    /// How long the server goes on as before once it is to end, while `/readyz` says that it will.
    pub drain_delay: Duration,
    /// How long the requests in flight may take after that.
    pub drain_timeout: Duration,
    /// How long, of that, connections stay open that await a request: a client may be just sending one.
    pub linger: Duration,
    /// How many connections are open at once. More of them wait until one is closed. Where some wait, those
    /// make room of which no whole request is there, from the address that has most of them; then those that
    /// have been idle the longest; then those whose clients read no more of an answer.
    pub max_connections: u32,
    /// How many requests for numbers wait at once, for those or for their own bodies. More are refused at
    /// once. One that is answered at once never counts.
    pub max_in_flight: u32,
    /// How many batches are on their way at once, of more numbers than are made at once (some 4,000). More
    /// are refused at once.
    pub max_batches: u32,
}

impl Limits {
    /// What they are unless somebody says otherwise.
    pub const DEFAULT: Self = Self {
        read_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(75),
        answer_timeout: Duration::from_secs(30),
        drain_delay: Duration::ZERO,
        drain_timeout: Duration::from_secs(20),
        linger: Duration::from_millis(500),
        max_connections: 10_000,
        max_in_flight: 4_096,
        // When all of them can go on at once, each sends 64 KiB: together that takes a thread some 10 ms, for
        // which others wait.
        max_batches: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
