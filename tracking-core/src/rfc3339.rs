//! Times as RFC 3339, in UTC with milliseconds.

use chrono::{DateTime, SecondsFormat};

use crate::order::{CreatedAt, ValueError};

/// A time in milliseconds since the Unix epoch, such as `2027-01-15T08:00:00.123Z`; where no calendar has it,
/// the milliseconds.
///
/// ```
/// assert_eq!(tracking_core::rfc3339::utc(1_800_000_000_123), "2027-01-15T08:00:00.123Z");
/// ```
pub fn utc(unix_ms: i64) -> String {
    DateTime::from_timestamp_millis(unix_ms).map_or_else(
        || format!("{unix_ms} ms since 1970"),
        |time| time.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}

/// Milliseconds since the Unix epoch of a time, which is read as an order's is: with its offset.
///
/// ```
/// use tracking_core::rfc3339;
///
/// assert_eq!(rfc3339::parse("2027-01-15T16:00:00.123+08:00")?, 1_800_000_000_123);
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
///
/// # Errors
/// See [`CreatedAt`].
pub fn parse(text: &str) -> Result<i64, ValueError> {
    let time: CreatedAt = text.parse()?;
    Ok(time.at().timestamp_millis())
}
