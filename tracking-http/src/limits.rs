//! How long a client may take.

use std::time::Duration;

/// The limits of each connection.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// How long a connection may wait for the end of the next request's head, counted from its
    /// beginning or from the last answer. So this is also how long it may be idle, and how long a
    /// client may take to read an answer. It is enforced within a second.
    pub head_timeout: Duration,
    /// How long requests in flight may take once the server is to end.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
        }
    }
}
