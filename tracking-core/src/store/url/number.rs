//! A whole number in a URL, within its bounds.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::store::url::error::{ParseStoreUrlError, clipped};

/// What a time-out may be, in milliseconds.
pub(super) const TIMEOUT_MS: RangeInclusive<u32> = 10..=60_000;

/// The number that an option has, or the error that names the option and its bounds.
pub(super) fn number(
    option: &str,
    text: &str,
    bounds: RangeInclusive<u32>,
) -> Result<u32, ParseStoreUrlError> {
    let digits = text.bytes().all(|c| c.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && bounds.contains(&number) => Ok(number),
        _ => Err(ParseStoreUrlError::OptionValue {
            option: option.to_owned(),
            expected: format!("from {} to {}", bounds.start(), bounds.end()),
            found: clipped(text),
        }),
    }
}

/// A time that is a part of the whole time-out, both in milliseconds, or the error that names the option.
pub(super) fn part_of_timeout(
    option: &str,
    ms: u32,
    timeout_ms: u32,
) -> Result<Duration, ParseStoreUrlError> {
    if ms > timeout_ms {
        return Err(ParseStoreUrlError::OptionValue {
            option: option.to_owned(),
            expected: format!("up to timeout_ms, which is {timeout_ms}"),
            found: ms.to_string(),
        });
    }
    Ok(Duration::from_millis(ms.into()))
}
