//! A look at a store.

use crate::store::timeline::Timeline;

/// What a store knows at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The state, unless it is missing.
    pub timeline: Option<Timeline>,
    /// The store's clock, in milliseconds since the Unix epoch.
    pub now_ms: i64,
}

impl Snapshot {
    /// A snapshot of its parts.
    pub fn new(timeline: Option<Timeline>, now_ms: i64) -> Self {
        Self { timeline, now_ms }
    }
}
