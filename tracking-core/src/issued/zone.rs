//! Time zones.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::shown::{SHOWN_CHARS_MAX, Shown};

/// A time zone of the IANA database, by its name; UTC by default.
///
/// The database is compiled in: what a zone does is the same on every host.
///
/// ```
/// use tracking_core::issued::Zone;
///
/// let zone: Zone = "Asia/Kuala_Lumpur".parse()?;
/// assert_eq!(zone.offset_at(1_704_067_200_000).local_minus_utc(), 8 * 3600);
/// assert_eq!(
///     "berlin".parse::<Zone>().unwrap_err().to_string(),
///     r#""berlin" is not an IANA time zone: did you mean `Europe/Berlin`?"#,
/// );
/// # Ok::<(), tracking_core::issued::UnknownZone>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The name in the IANA database.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The offset from UTC at an instant, in milliseconds since 1970-01-01T00:00:00Z. Costs next to nothing for
    /// [`UTC`](Self::UTC), else a search among the zone's changes. An instant that chrono can't hold has offset zero.
    #[must_use]
    pub fn offset_at(self, at_ms: u64) -> FixedOffset {
        let at = if self == Self::UTC {
            None
        } else {
            i64::try_from(at_ms)
                .ok()
                .and_then(DateTime::from_timestamp_millis)
        };
        at.map_or_else(
            || chrono::Utc.fix(),
            |at| self.0.offset_from_utc_datetime(&at.naive_utc()).fix(),
        )
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// # Errors
///
/// [`UnknownZone`], with the name that may have been meant. Names are case-sensitive.
impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone::new(name))
    }
}

/// A name that is not in the IANA time zone database; displays as a sentence that suggests a near one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct UnknownZone {
    message: Box<str>,
}

impl UnknownZone {
    fn new(name: &str) -> Self {
        let hint = match &*nearest(name) {
            [meant] => format!("did you mean `{meant}`?"),
            [first, second] => format!("did you mean `{first}` or `{second}`?"),
            _ => "expected a name such as UTC or Asia/Kuala_Lumpur".to_owned(),
        };
        let message = format!("{} is not an IANA time zone: {hint}", Shown(name)).into();
        Self { message }
    }
}

/// The zones of this name but for case, blanks or two typing errors, or whose last part, the place, is
/// named so: those that are as near as any.
///
/// An abbreviation such as IST, or an offset such as GMT+8, is near to others that mean something else
/// (`Etc/GMT+8` is eight hours *behind*), so nothing is guessed for what may be one.
fn nearest(name: &str) -> Vec<&'static str> {
    // The distance costs time in proportion to the length, which somebody else chooses.
    if name.chars().nth(SHOWN_CHARS_MAX).is_some() {
        return Vec::new();
    }
    let name = name.to_lowercase().replace(' ', "_");
    let typing_errors = match name.len() {
        _ if name.contains(|c: char| c.is_ascii_digit() || c == '+') => 0,
        0..=4 => 0,
        5 => 1,
        _ => 2,
    };
    let distance = |zone: &'static str| {
        let lower = zone.to_lowercase();
        let whole = strsim::damerau_levenshtein(&name, &lower);
        match lower.rsplit_once('/') {
            Some((area, place)) if area != "etc" => {
                let of_place = strsim::damerau_levenshtein(&name, place);
                // A place that is right is nearer than a whole name with an error.
                let of_place = if of_place == 0 { 0 } else { 1 + of_place };
                whole.min(of_place)
            }
            _ => whole,
        }
    };
    let near = TZ_VARIANTS
        .iter()
        .map(|zone| (distance(zone.name()), zone.name()))
        .filter(|(distance, _)| *distance <= typing_errors);
    let mut near: Vec<_> = near.collect();
    let least = near.iter().map(|(distance, _)| *distance).min();
    near.retain(|(distance, _)| Some(*distance) == least);
    near.into_iter().map(|(_, zone)| zone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_that_of_the_instant() {
        for (name, at_ms, seconds) in [
            ("UTC", 1_704_067_200_000, 0),
            ("Etc/UTC", 1_704_067_200_000, 0),
            ("Asia/Kuala_Lumpur", 1_704_067_200_000, 28_800),
            ("Asia/Kolkata", 1_704_067_200_000, 19_800),
            ("America/St_Johns", 1_704_067_200_000, -12_600),
            // The last millisecond of summer in Berlin, and the first of winter.
            ("Europe/Berlin", 1_729_990_799_999, 7_200),
            ("Europe/Berlin", 1_729_990_800_000, 3_600),
            ("Europe/Berlin", u64::MAX, 0),
        ] {
            let zone: Zone = name.parse().unwrap();
            assert_eq!(
                (
                    zone.offset_at(at_ms).local_minus_utc(),
                    zone.to_string().as_str()
                ),
                (seconds, name)
            );
        }
        assert_eq!(Zone::default(), "UTC".parse().unwrap());
    }

    #[test]
    fn a_near_miss_is_told_what_may_have_been_meant() {
        for (name, meant) in [
            ("utc", "UTC"),
            ("europe/berlin", "Europe/Berlin"),
            ("Europe/Berlni", "Europe/Berlin"),
            ("Berlin", "Europe/Berlin"),
            ("New York", "America/New_York"),
            ("asia/kuala lumpur", "Asia/Kuala_Lumpur"),
        ] {
            let error = name.parse::<Zone>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("{name:?} is not an IANA time zone: did you mean `{meant}`?")
            );
        }
    }

    #[test]
    fn of_two_that_are_as_near_both_are_told() {
        let error = "eastern".parse::<Zone>().unwrap_err().to_string();
        assert_eq!(
            error,
            r#""eastern" is not an IANA time zone: did you mean `Canada/Eastern` or `US/Eastern`?"#
        );
    }

    /// Each of them is near to a zone that means something else.
    #[test]
    fn an_abbreviation_or_offset_is_not_guessed() {
        for name in [
            "IST",
            "PST",
            "BST",
            "CST",
            "JST",
            "AST",
            "SGT",
            "MYT",
            "GMT+8",
            "GMT8",
            "gmt-5",
            "UTC+8",
            "UTC-03:00",
            "Etc/GMT+15",
        ] {
            let error = name.parse::<Zone>().unwrap_err().to_string();
            assert!(
                error.ends_with("expected a name such as UTC or Asia/Kuala_Lumpur"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_far_miss_is_told_the_shape() {
        for (name, shown) in [
            ("", r#""""#),
            ("x", r#""x""#),
            ("+08:00", r#""+08:00""#),
            ("Mars/Olympus_Mons", r#""Mars/Olympus_Mons""#),
            ("\u{1b}[2J", r#""\u{1b}[2J""#),
            (
                &"Europe/Berlin".repeat(100_000),
                r#""Europe/BerlinEurope/BerlinEurope/BerlinE…""#,
            ),
        ] {
            let error = name.parse::<Zone>().unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{shown} is not an IANA time zone: expected a name such as UTC or Asia/Kuala_Lumpur"
                )
            );
        }
    }
}
