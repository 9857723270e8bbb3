//! Countries of ISO 3166-1.

use std::fmt;
use std::str::FromStr;

use iso3166_static::Alpha2;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod meant;

use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str = "an assigned ISO 3166-1 alpha-2 code such as MY";

/// A country: one of the 249 assigned alpha-2 codes of ISO 3166-1, in upper case.
///
/// Parsed in either case. Codes that the standard leaves to users (`XX`, `ZZ`, `XK`), reserves (`UK`, `EU`)
/// or has withdrawn (`AN`) are refused. The serde form is the code as a string.
///
/// ```
/// use tracking_core::order::Country;
///
/// let country: Country = "gb".parse()?;
/// assert_eq!(country.as_str(), "GB");
/// assert!("UK".parse::<Country>().is_err());
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country(Alpha2);

impl Country {
    /// The code: two letters `A-Z`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.as_str()
    }
}

/// # Errors
///
/// [`ErrorCode::UnknownCountry`].
impl FromStr for Country {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        assigned(text).map(Self).ok_or_else(|| {
            let what = match meant::meant(text) {
                Some(code) => format!("is not a country's code: {} is", code.as_str()),
                None => format!("is not a country: expected {EXPECTED}"),
            };
            ValueError::of(text, ErrorCode::UnknownCountry, what)
        })
    }
}

fn assigned(text: &str) -> Option<Alpha2> {
    let upper = <[u8; 2]>::try_from(text.as_bytes())
        .ok()?
        .map(|byte| byte.to_ascii_uppercase());
    let code = Alpha2::from_str_slice(std::str::from_utf8(&upper).ok()?).ok()?;
    // The table holds the codes that the standard leaves to users as well.
    (!code.is_user_assigned()).then_some(code)
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Country").field(&self.as_str()).finish()
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_serde::deserialize(deserializer, EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The officially assigned codes, copied from the standard's own table rather than from the crate.
    const ASSIGNED: &str = "
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
        CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
        FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
        JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
        MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
        PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
        TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

    #[test]
    fn exactly_the_249_assigned_codes_are_taken() {
        let letters = || (b'A'..=b'Z').map(char::from);
        let taken: Vec<String> = letters()
            .flat_map(|first| letters().map(move |second| format!("{first}{second}")))
            .filter(|code| code.parse::<Country>().is_ok())
            .collect();
        assert_eq!(taken, ASSIGNED.split_whitespace().collect::<Vec<_>>());
        assert_eq!(taken.len(), 249);
    }

    #[test]
    fn either_case_is_taken_and_upper_case_kept() {
        for text in ["my", "My", "mY", "MY"] {
            assert_eq!(text.parse::<Country>().unwrap().to_string(), "MY");
        }
    }

    #[test]
    fn codes_without_a_country_and_other_shapes_are_refused() {
        for text in [
            "XX", "ZZ", "QQ", "AA", "EN", "EU", "XK", "AN", "XKX", "U", "1A", "U S", "", "ß", "é",
            "UK1", "Korea", "Congo", "Americ", "840",
        ] {
            let error = text.parse::<Country>().unwrap_err();
            assert_eq!(error.code(), ErrorCode::UnknownCountry);
            assert_eq!(
                error.message(),
                format!(
                    "{text:?} is not a country: expected an assigned ISO 3166-1 alpha-2 code such as MY"
                )
            );
        }
    }
}
