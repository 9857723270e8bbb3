//! Times as RFC 3339, in UTC with milliseconds.

use chrono::{DateTime, SecondsFormat};
use tracking_core::order::{CreatedAt, ValueError};

/// A time in milliseconds since the Unix epoch, such as `2027-01-15T08:00:00.123Z`.
pub(crate) fn rfc3339(unix_ms: i64) -> String {
    DateTime::from_timestamp_millis(unix_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds since the Unix epoch of an RFC 3339 time, for clap: as an order's time is read.
pub(crate) fn parse_rfc3339(text: &str) -> Result<i64, ValueError> {
    let time: CreatedAt = text.parse()?;
    Ok(time.at().timestamp_millis())
}
