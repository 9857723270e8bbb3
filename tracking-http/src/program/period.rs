//! Times as flags take them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest that makes sense.
const MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A time of at most a day, in whole milliseconds: `500ms`, `10s`, `2m`, `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period(Duration);

impl Period {
    /// # Panics
    /// If it is longer than a day.
    pub(crate) const fn new(time: Duration) -> Self {
        assert!(time.as_millis() <= MAX.as_millis(), "longer than a day");
        Self(time)
    }

    pub(crate) fn get(self) -> Duration {
        self.0
    }

    /// One that is not zero.
    pub(crate) fn positive(text: &str) -> Result<Self, ParsePeriodError> {
        let period: Self = text.parse().map_err(|_| ParsePeriodError::Positive)?;
        if period.0.is_zero() {
            return Err(ParsePeriodError::Positive);
        }
        Ok(period)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            ms if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

impl FromStr for Period {
    type Err = ParsePeriodError;

    fn from_str(text: &str) -> Result<Self, ParsePeriodError> {
        let time = humantime::parse_duration(text).map_err(|_| ParsePeriodError::Any)?;
        // What is shorter than a millisecond would be none.
        let time = Duration::from_millis(time.as_millis().try_into().unwrap_or(u64::MAX));
        if time > MAX {
            return Err(ParsePeriodError::Any);
        }
        Ok(Self(time))
    }
}

/// A text that is no time, or one that is too long or too short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParsePeriodError {
    /// Where zero is a time, too.
    #[error("expected a time with its unit such as 0s, 500ms, 10s or 2m, at most 24h")]
    Any,
    #[error("expected a time with its unit such as 500ms, 10s or 2m, above zero and at most 24h")]
    Positive,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        for (text, ms, shown) in [
            ("500ms", 500, "500ms"),
            ("0s", 0, "0s"),
            ("10s", 10_000, "10s"),
            ("2m", 120_000, "120s"),
            ("24h", 86_400_000, "86400s"),
            ("1h 30m", 5_400_000, "5400s"),
            ("1d", 86_400_000, "86400s"),
            ("1 s", 1_000, "1s"),
            ("1.5s", 1_500, "1500ms"),
        ] {
            let period: Period = text.parse().unwrap();
            let found = (period.get().as_millis(), period.to_string());
            assert_eq!(found, (ms, shown.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "10",
            "s",
            "ms",
            "+1s",
            "-1s",
            " ",
            "1x",
            "2d",
            "25h",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(text.parse::<Period>(), Err(ParsePeriodError::Any), "{text}");
            let found = Period::positive(text);
            assert_eq!(found, Err(ParsePeriodError::Positive), "{text}");
        }
        assert_eq!(Period::positive("0ms"), Err(ParsePeriodError::Positive));
        assert!(Period::positive("1ms").is_ok());
    }
}
