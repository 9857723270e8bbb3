//! Times as RFC 3339, written fast.

use std::fmt;

use chrono::FixedOffset;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// 9999-12-31T23:59:59.999, the last that RFC 3339 can write, as if it were UTC.
const LOCAL_MAX_MS: i64 = 253_402_300_799_999;

/// `2024-01-01T12:00:00.000+08:00`
const TEXT_LEN: usize = 29;

/// An instant that displays as RFC 3339 with exactly three decimals, in an offset from UTC; offset zero is `Z`.
///
/// ```
/// use chrono::FixedOffset;
/// use tracking_core::issued::Timestamp;
///
/// let offset = FixedOffset::east_opt(8 * 3600).unwrap();
/// assert_eq!(Timestamp::new(1_735_689_600_123, offset).to_string(), "2025-01-01T08:00:00.123+08:00");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// What the clock on the wall shows, as milliseconds since 1970-01-01T00:00:00 there.
    local_ms: i64,
    offset_minutes: i32,
}

impl Timestamp {
    /// An instant, in milliseconds since 1970-01-01T00:00:00Z. RFC 3339 has offsets of whole minutes: seconds of
    /// the offset are dropped, the instant stays the same. It has no year above 9999: a later instant becomes
    /// the last of that year.
    #[must_use]
    pub fn new(at_ms: u64, offset: FixedOffset) -> Self {
        let offset_minutes = offset.local_minus_utc() / 60;
        let local_ms = i64::try_from(at_ms)
            .unwrap_or(i64::MAX)
            .saturating_add(i64::from(offset_minutes) * MINUTE_MS);
        Self {
            local_ms: local_ms.min(LOCAL_MAX_MS),
            offset_minutes,
        }
    }

    /// Appends the text, 24 bytes in UTC and 29 elsewhere.
    pub fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text(&mut [0; TEXT_LEN]));
    }

    fn text(self, text: &mut [u8; TEXT_LEN]) -> &[u8] {
        let (year, month, day) = civil(self.local_ms.div_euclid(DAY_MS));
        let ms = self.local_ms.rem_euclid(DAY_MS) as u32;
        text.copy_from_slice(b"0000-00-00T00:00:00.000+00:00");
        put2(text, 0, year / 100);
        put2(text, 2, year % 100);
        put2(text, 5, month);
        put2(text, 8, day);
        put2(text, 11, ms / 3_600_000);
        put2(text, 14, ms / 60_000 % 60);
        put2(text, 17, ms / 1000 % 60);
        put2(text, 20, ms % 1000 / 10);
        text[22] = b'0' + (ms % 10) as u8;
        if self.offset_minutes == 0 {
            text[23] = b'Z';
            return &text[..24];
        }
        if self.offset_minutes < 0 {
            text[23] = b'-';
        }
        put2(text, 24, self.offset_minutes.unsigned_abs() / 60);
        put2(text, 27, self.offset_minutes.unsigned_abs() % 60);
        text
    }
}

/// Two decimal digits at a place.
fn put2(text: &mut [u8; TEXT_LEN], place: usize, value: u32) {
    text[place] = b'0' + (value / 10) as u8;
    text[place + 1] = b'0' + (value % 10) as u8;
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar: Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`, for days in the years 0 to 9999.
fn civil(days: i64) -> (u32, u32, u32) {
    // Years begin in March here, so that the leap day is the last; eras are 400 of them, from 0000-03-01.
    let days = (days + 719_468) as u32;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + u32::from(month <= 2), month, day)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; TEXT_LEN];
        f.pad(std::str::from_utf8(self.text(&mut buffer)).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat};
    use proptest::prelude::*;

    use super::*;

    fn east(seconds: i32) -> FixedOffset {
        FixedOffset::east_opt(seconds).unwrap()
    }

    #[test]
    fn known_instants() {
        for (at_ms, offset_s, text) in [
            (0, 0, "1970-01-01T00:00:00.000Z"),
            (0, -60, "1969-12-31T23:59:00.000-00:01"),
            (0, -86_340, "1969-12-31T00:01:00.000-23:59"),
            (951_782_400_000, 0, "2000-02-29T00:00:00.000Z"),
            (1_704_081_600_000, 28_800, "2024-01-01T12:00:00.000+08:00"),
            (1_709_251_199_999, 0, "2024-02-29T23:59:59.999Z"),
            (1_735_689_600_007, -12_600, "2024-12-31T20:30:00.007-03:30"),
            // 44 min 30 s, as Liberia had it until 1972: the seconds are dropped from the offset, not from the instant.
            (60_000, -2_670, "1969-12-31T23:17:00.000-00:44"),
            (59_000, 59, "1970-01-01T00:00:59.000Z"),
            (253_402_300_799_999, 0, "9999-12-31T23:59:59.999Z"),
            (253_402_300_799_999, 3_600, "9999-12-31T23:59:59.999+01:00"),
            (u64::MAX, -3_600, "9999-12-31T23:59:59.999-01:00"),
        ] {
            assert_eq!(Timestamp::new(at_ms, east(offset_s)).to_string(), text);
        }
    }

    /// Each day that can be written, against chrono's calendar.
    #[test]
    fn every_day_of_the_calendar() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        let first = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap();
        for date in (0..)
            .map_while(|days| first.checked_add_days(Days::new(days)))
            .take_while(|date| *date <= NaiveDate::from_ymd_opt(9999, 12, 31).unwrap())
        {
            let midnight_ms = date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
            let expected = (
                chrono::Datelike::year(&date).cast_unsigned(),
                chrono::Datelike::month(&date),
                chrono::Datelike::day(&date),
            );
            assert_eq!(
                civil(midnight_ms / DAY_MS),
                expected,
                "{} days after {epoch}",
                midnight_ms / DAY_MS
            );
        }
    }

    proptest! {
        #[test]
        fn the_text_is_chronos_and_parses_back(at_ms in 0u64..253_400_000_000_000, minutes in -1439i32..=1439) {
            let text = Timestamp::new(at_ms, east(minutes * 60)).to_string();
            let parsed = DateTime::parse_from_rfc3339(&text).unwrap();
            prop_assert_eq!(parsed.timestamp_millis().cast_unsigned(), at_ms);
            prop_assert_eq!(parsed.offset().local_minus_utc(), minutes * 60);
            prop_assert_eq!(&text, &parsed.to_rfc3339_opts(SecondsFormat::Millis, true));
            let mut written = b"before".to_vec();
            Timestamp::new(at_ms, east(minutes * 60)).write(&mut written);
            prop_assert_eq!(written, format!("before{text}").into_bytes());
        }
    }
}
