//! A look at a store.

use std::time::Duration;

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

    /// What the store's clock shows that long after it was taken.
    pub(crate) fn now_ms_after(&self, age: Duration) -> i64 {
        let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        self.now_ms.saturating_add(age_ms)
    }
}
