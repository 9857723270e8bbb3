//! What is called how in the database.

/// The table of all series.
pub(super) const TABLE: &str = "tracking_series";
