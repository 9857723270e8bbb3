//! When an order says that it was created.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat, TimeZone, Timelike};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str =
    "an RFC 3339 time with an offset, such as 2024-01-01T12:00:00+08:00";

/// When an order says that it was created: an RFC 3339 date and time, with its offset from UTC.
///
/// Taken: `T` or `t`, `Z` or `z`, any number of decimals (kept to the nanosecond), offsets to 23:59 (`-00:00` is
/// `Z`), and second 60 where a leap second can be: in the last minute, UTC, of a month. The `+` of an offset may
/// arrive as a space, since many clients do not escape it in a query. Not taken: anything else that looks
/// similar, such as a space between date and time, U+2212 for a sign, or no offset.
///
/// Equal values have the same instant **and** the same offset. The serde form is the text as a string.
///
/// ```
/// use tracking_core::order::CreatedAt;
///
/// let created_at: CreatedAt = "2024-01-01T12:00:00+08:00".parse()?;
/// assert_eq!(created_at.offset().local_minus_utc(), 8 * 3600);
/// assert_eq!(created_at.at().timestamp(), 1_704_081_600);
/// assert!("2024-01-01 12:00:00Z".parse::<CreatedAt>().is_err());
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CreatedAt(DateTime<FixedOffset>);

impl CreatedAt {
    /// The instant, in its offset. A leap second is second 59 with 1,000,000,000 nanoseconds and more, as
    /// chrono has it.
    #[must_use]
    pub const fn at(self) -> DateTime<FixedOffset> {
        self.0
    }

    /// Its offset from UTC, in whole minutes.
    #[must_use]
    pub const fn offset(self) -> FixedOffset {
        *self.0.offset()
    }
}

/// Chrono compares instants alone; two orders that differ in the offset are answered differently.
impl PartialEq for CreatedAt {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 && self.offset() == other.offset()
    }
}

impl Eq for CreatedAt {}

/// # Errors
///
/// [`ErrorCode::NotRfc3339`].
impl FromStr for CreatedAt {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        date_time(text.as_bytes()).map(Self).ok_or_else(|| {
            let what = match has_blank_for_t(text) {
                true => "has a blank between date and time: expected a T there, as in 2024-01-01T12:00:00+08:00".to_owned(),
                false => format!("is not a time: expected {EXPECTED}"),
            };
            ValueError::of(text, ErrorCode::NotRfc3339, what)
        })
    }
}

/// Whether a `T` for the blank between date and time is all that is missing, as in what
/// `date --rfc-3339=seconds` prints.
fn has_blank_for_t(text: &str) -> bool {
    let mut bytes = text.as_bytes().to_owned();
    match bytes.get_mut(10) {
        Some(blank) if *blank == b' ' => *blank = b'T',
        _ => return false,
    }
    date_time(&bytes).is_some()
}

/// `date-time` of RFC 3339, section 5.6. Chrono's own parser takes a space for `T` and `:60` in every minute.
fn date_time(text: &[u8]) -> Option<DateTime<FixedOffset>> {
    let (fixed, rest) = text.split_first_chunk::<19>()?;
    let [
        y1,
        y2,
        y3,
        y4,
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T' | b't',
        fixed @ ..,
    ] = fixed
    else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2] = fixed else {
        return None;
    };
    let (nanosecond, rest) = fraction(rest)?;
    let year = number(&[*y1, *y2, *y3, *y4])?.cast_signed();
    let second = number(&[*s1, *s2])?;
    // Chrono writes second 60 as 59 and a second's worth of nanoseconds.
    let is_leap = second == 60;
    let (second, nanosecond) = if is_leap {
        (59, nanosecond + 1_000_000_000)
    } else {
        (second, nanosecond)
    };
    let local = NaiveDate::from_ymd_opt(year, number(&[*m1, *m2])?, number(&[*d1, *d2])?)?
        .and_hms_nano_opt(
            number(&[*h1, *h2])?,
            number(&[*n1, *n2])?,
            second,
            nanosecond,
        )?;
    let at = offset(rest)?.from_local_datetime(&local).single()?;
    (!is_leap || is_last_minute_of_month(at)).then_some(at)
}

/// `[time-secfrac]` in nanoseconds, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some((b'.', text)) = text.split_first() else {
        return Some((0, text));
    };
    let (digits, rest) =
        text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count());
    let nanoseconds = digits
        .iter()
        .copied()
        .chain(std::iter::repeat(b'0'))
        .take(9);
    let nanoseconds = nanoseconds.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    (!digits.is_empty()).then_some((nanoseconds, rest))
}

/// `time-offset`, or one whose `+` was decoded to a space.
fn offset(text: &[u8]) -> Option<FixedOffset> {
    let [sign, h1, h2, b':', m1, m2] = text else {
        return if matches!(text, b"Z" | b"z") {
            FixedOffset::east_opt(0)
        } else {
            None
        };
    };
    let (hours, minutes) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes).cast_signed() * 60;
    match sign {
        b'+' | b' ' => FixedOffset::east_opt(seconds),
        b'-' => FixedOffset::west_opt(seconds),
        _ => None,
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| {
        byte.is_ascii_digit()
            .then(|| sum * 10 + u32::from(byte - b'0'))
    })
}

/// Whether a leap second can follow (RFC 3339, section 5.7). Which months will have one nobody knows far ahead.
fn is_last_minute_of_month(at: DateTime<FixedOffset>) -> bool {
    let utc = at.naive_utc();
    (utc.hour(), utc.minute()) == (23, 59)
        && utc.date().succ_opt().is_some_and(|next| next.day() == 1)
}

/// As RFC 3339 with as many decimals as are needed (none, 3, 6 or 9), offset zero as `Z`.
impl fmt::Display for CreatedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Serialize for CreatedAt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CreatedAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_serde::deserialize(deserializer, EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc_3339_is_taken_and_written_back() {
        for (text, written) in [
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:60Z"),
            (
                "2016-12-31T15:59:60.25-08:00",
                "2016-12-31T15:59:60.250-08:00",
            ),
            ("2017-01-01T07:59:60+08:00", "2017-01-01T07:59:60+08:00"),
            ("2018-11-20t19:29:32-00:00", "2018-11-20T19:29:32Z"),
            ("2018-11-20T19:29:32z", "2018-11-20T19:29:32Z"),
            ("2018-11-20T19:29:32+00:00", "2018-11-20T19:29:32Z"),
            ("2018-11-20T19:29:32 08:00", "2018-11-20T19:29:32+08:00"),
            ("2018-11-20T19:29:32-03:30", "2018-11-20T19:29:32-03:30"),
            ("2018-11-20T19:29:32+23:59", "2018-11-20T19:29:32+23:59"),
            ("2018-11-20T19:29:32.5Z", "2018-11-20T19:29:32.500Z"),
            ("2018-11-20T19:29:32.123456Z", "2018-11-20T19:29:32.123456Z"),
            (
                "2018-11-20T19:29:32.1234567899999Z",
                "2018-11-20T19:29:32.123456789Z",
            ),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
            ("0000-01-01T00:00:00+23:59", "0000-01-01T00:00:00+23:59"),
            ("9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59-23:59"),
        ] {
            let created_at: CreatedAt = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(created_at.to_string(), written);
            assert_eq!(written.parse(), Ok(created_at));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2024-01-01",
            "yesterday",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:61Z",
            "1704067200",
            "2024-01-01T00:00:00",
            "2024-01-01_00:00:00Z",
            "2024-01-01T00:00:00\u{2212}05:00",
            "2024-01-01T00:00:00  05:00",
            "2024-01-01T00:00:00 +05:00",
            "2024-01-01T00:00:00 Z",
            "2024-01-01T00:00:00Z ",
            " 2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00,5Z",
            "2024-01-01T00:00Z",
            "2024-01-01T00:00:00+08",
            "2024-01-01T00:00:00+0800",
            "2024-01-01T00:00:00+8:00",
            "2024-01-01T00:00:00+24:00",
            "2024-01-01T00:00:00+08:60",
            "2024-01-01T00:00:00+08:00Z",
            "2024-01-01T00:00:00UTC",
            "+2024-01-01T00:00:00Z",
            "-024-01-01T00:00:00Z",
            "24-01-01T00:00:00Z",
            "12024-01-01T00:00:00Z",
            "2024-1-1T00:00:00Z",
            "20240101T000000Z",
            "２024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.１Z",
            "2024-01-01T00:00:00Z\n",
            "2024-W01-1T00:00:00Z",
            // Second 60 where no leap second can be.
            "2016-12-31T23:58:60Z",
            "2016-12-31T22:59:60Z",
            "2016-12-30T23:59:60Z",
            "2016-12-31T23:59:60+01:00",
            "2016-12-31T23:59:61Z",
        ] {
            let error = text
                .parse::<CreatedAt>()
                .map(|taken| panic!("{text:?} is taken as {taken}"))
                .unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotRfc3339);
            assert_eq!(
                error.message(),
                format!(
                    "{} is not a time: expected an RFC 3339 time with an offset, such as 2024-01-01T12:00:00+08:00",
                    crate::shown::Shown(text)
                )
            );
        }
    }

    #[test]
    fn a_blank_for_the_t_is_named_if_that_is_all() {
        for text in [
            "2024-01-01 12:00:00+05:30",
            "2024-01-01 12:00:00 05:30",
            "2024-01-01 12:00:00.5Z",
        ] {
            assert_eq!(
                text.parse::<CreatedAt>().unwrap_err().message(),
                format!(
                    "{text:?} has a blank between date and time: expected a T there, as in 2024-01-01T12:00:00+08:00"
                )
            );
        }
        for text in [
            "2024-01-01 12:00:00",
            "2024-13-01 12:00:00Z",
            "2024-01-01  12:00:00Z",
        ] {
            let error = text.parse::<CreatedAt>().unwrap_err();
            assert!(error.message().contains("is not a time"), "{error}");
        }
    }

    #[test]
    fn the_same_instant_in_another_offset_is_another_value() {
        let parse = |text: &str| text.parse::<CreatedAt>().unwrap();
        let utc = parse("2024-01-01T04:00:00Z");
        let east = parse("2024-01-01T12:00:00+08:00");
        assert_eq!(utc.at(), east.at());
        assert_ne!(utc, east);
        assert_eq!(east, parse("2024-01-01t12:00:00.000 08:00"));
    }

    /// Texts that are nearly right, most of them a digit or a sign away.
    const NEARLY: &str = "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][Tt _][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,12})?([Zz]|[-+ ][0-2][0-9]:[0-6][0-9])";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// Chrono is the oracle for what is taken: it takes that as well, as the same instant and offset.
        #[test]
        fn what_is_taken_is_what_chrono_reads(text in NEARLY) {
            let unescaped = text.get(19..).map(|rest| format!("{}{}", &text[..19], rest.replace(' ', "+")));
            let chrono = DateTime::parse_from_rfc3339(&unescaped.unwrap_or_default()).ok();
            match text.parse::<CreatedAt>() {
                Ok(taken) => prop_assert_eq!(Some((taken.at(), taken.offset())), chrono.map(|at| (at, *at.offset()))),
                Err(_) => prop_assert!(
                    chrono.is_none() || text.as_bytes()[10] == b' ' || &text[17..19] == "60",
                    "{} is refused and chrono takes it", text
                ),
            }
        }
    }
}
