//! Weights in whole grams.

use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ErrorCode, ValueError};

pub(super) const EXPECTED: &str = "kilograms such as 1.234, without sign or exponent";

const EXPECTED_RANGE: &str = "more than 0 and less than 1000000 kilograms";

/// A parcel's weight: 1 to 999,999,999 whole grams.
///
/// Its text is a plain decimal number of kilograms, greater than 0 and below 1,000,000, with at most three
/// decimals; no sign, exponent or blank. It displays with exactly three decimals.
///
/// The serde form is that text as a string. A JSON number is read as well and obeys the same rules, as far
/// as an `f64` tells: `1.2345` and `0` are refused, `1e3` and `1.2000` are seen as `1000` and `1.2`. Where the
/// program has serde_json's feature `arbitrary_precision`, a number is read as it is written; by
/// [`Order::from_json`](super::Order::from_json) it always is.
///
/// ```
/// use tracking_core::order::Weight;
///
/// let weight: Weight = "1.2".parse()?;
/// assert_eq!(weight.grams(), 1_200);
/// assert_eq!(weight.to_string(), "1.200");
/// assert_eq!(
///     "1.2345".parse::<Weight>().unwrap_err().to_string(),
///     r#""1.2345" has more than three decimals: expected kilograms such as 1.234, without sign or exponent"#,
/// );
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Weight {
    grams: u32,
}

/// The longest text, `999999.999`.
const TEXT_LEN: usize = 10;

impl Weight {
    /// The lightest, 1 g.
    pub const MIN: Self = Self { grams: 1 };

    /// The heaviest, 1 g below 1,000,000 kg.
    pub const MAX: Self = Self { grams: 999_999_999 };

    /// From whole grams.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::OutOfRange`] for 0 and for 1,000,000,000 and more.
    pub fn from_grams(grams: u32) -> Result<Self, ValueError> {
        let weight = Self { grams };
        if (Self::MIN..=Self::MAX).contains(&weight) {
            Ok(weight)
        } else {
            let message = format!("{grams} grams is out of range: expected {EXPECTED_RANGE}");
            Err(ValueError::new(ErrorCode::OutOfRange, message))
        }
    }

    /// Whole grams, 1 to 999,999,999.
    #[must_use]
    pub const fn grams(self) -> u32 {
        self.grams
    }

    /// Appends the kilograms with exactly three decimals.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let mut buffer = [0; TEXT_LEN];
        out.extend_from_slice(self.text(&mut buffer));
    }

    /// Fills the buffer from its end.
    fn text(self, buffer: &mut [u8; TEXT_LEN]) -> &[u8] {
        let mut rest = self.grams;
        let mut start = TEXT_LEN;
        // At least one digit before the point, and none that is not needed.
        while start > TEXT_LEN - 5 || rest > 0 {
            start -= 1;
            if start == TEXT_LEN - 4 {
                buffer[start] = b'.';
            } else {
                buffer[start] = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
        }
        &buffer[start..]
    }
}

/// Nine digits and a point are the whole buffer.
const _: () = assert!(Weight::MAX.grams == 10u32.pow(TEXT_LEN as u32 - 1) - 1);

/// # Errors
///
/// [`ErrorCode::NotANumber`], [`ErrorCode::TooManyDecimals`] or [`ErrorCode::OutOfRange`].
impl FromStr for Weight {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let error = |code, what, expected| {
            ValueError::of(text, code, format_args!("{what}: expected {expected}"))
        };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        if !is_digits(whole) || !is_digits(decimals) {
            return Err(error(
                ErrorCode::NotANumber,
                "is not a decimal number",
                EXPECTED,
            ));
        }
        if decimals.len() > 3 {
            return Err(error(
                ErrorCode::TooManyDecimals,
                "has more than three decimals",
                EXPECTED,
            ));
        }
        let padding = &b"000"[decimals.len()..];
        let grams = whole
            .bytes()
            .chain(decimals.bytes())
            .chain(padding.iter().copied())
            .try_fold(0u32, |grams, digit| {
                grams.checked_mul(10)?.checked_add(u32::from(digit - b'0'))
            });
        grams
            .and_then(|grams| Self::from_grams(grams).ok())
            .ok_or_else(|| error(ErrorCode::OutOfRange, "is out of range", EXPECTED_RANGE))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; TEXT_LEN];
        f.write_str(std::str::from_utf8(self.text(&mut buffer)).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Weight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl<'de> Visitor<'de> for TextOrNumber {
    type Value = Weight;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Weight, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, kilograms: u64) -> Result<Weight, E> {
        self.visit_str(&kilograms.to_string())
    }

    fn visit_i64<E: Error>(self, kilograms: i64) -> Result<Weight, E> {
        self.visit_str(&kilograms.to_string())
    }

    /// `Display` writes the shortest decimal number that means this `f64`, never with an exponent: the very
    /// digits that were sent, unless there were more than 15.
    fn visit_f64<E: Error>(self, kilograms: f64) -> Result<Weight, E> {
        self.visit_str(&kilograms.to_string())
    }

    /// A number as it is written: serde_json's feature `arbitrary_precision`, which any crate of a program may
    /// turn on for all, hands numbers on like this.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Weight, A::Error> {
        let number = serde_json::Number::deserialize(MapAccessDeserializer::new(map))?;
        self.visit_str(&number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimal_numbers_to_the_gram_are_taken() {
        for (text, grams, shown) in [
            ("0.001", 1, "0.001"),
            ("0.01", 10, "0.010"),
            ("7", 7_000, "7.000"),
            ("7.5", 7_500, "7.500"),
            ("1.200", 1_200, "1.200"),
            ("12.034", 12_034, "12.034"),
            ("007.5", 7_500, "7.500"),
            ("999999.999", 999_999_999, "999999.999"),
        ] {
            let weight: Weight = text.parse().unwrap();
            assert_eq!(
                (weight.grams(), weight.to_string().as_str()),
                (grams, shown)
            );
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_reason() {
        const NOT_A_NUMBER: (ErrorCode, &str) = (
            ErrorCode::NotANumber,
            "is not a decimal number: expected kilograms such as 1.234, without sign or exponent",
        );
        const TOO_MANY_DECIMALS: (ErrorCode, &str) = (
            ErrorCode::TooManyDecimals,
            "has more than three decimals: expected kilograms such as 1.234, without sign or exponent",
        );
        const OUT_OF_RANGE: (ErrorCode, &str) = (
            ErrorCode::OutOfRange,
            "is out of range: expected more than 0 and less than 1000000 kilograms",
        );
        for ((code, what), texts) in [
            (
                NOT_A_NUMBER,
                &[
                    "", "-1", "+1", "nan", "NaN", "inf", "1e3", "1.", ".5", ".", "1,5", "abc",
                    "0x10", "1 ", " 1", "1.2.3", "1_000", "１", "1.5\n", "1.-5",
                ][..],
            ),
            (
                TOO_MANY_DECIMALS,
                &["1.2345", "1.2000", "0.0001", "9999999.1234"],
            ),
            (
                OUT_OF_RANGE,
                &[
                    "0",
                    "0.000",
                    "1000000",
                    "1000000.000",
                    "4294967.296",
                    "99999999999999999999",
                ],
            ),
        ] {
            for text in texts {
                let error = text.parse::<Weight>().unwrap_err();
                assert_eq!(error.code(), code, "{text:?}");
                assert_eq!(error.message(), format!("{text:?} {what}"));
            }
        }
        for grams in [0, 1_000_000_000, u32::MAX] {
            assert_eq!(
                Weight::from_grams(grams).unwrap_err().message(),
                format!(
                    "{grams} grams is out of range: expected more than 0 and less than 1000000 kilograms"
                )
            );
        }
    }

    #[test]
    fn json_gives_a_string_or_a_number() {
        for (json, grams) in [
            (r#""1.200""#, 1_200),
            ("1.200", 1_200),
            ("7", 7_000),
            ("0.001", 1),
            ("999999.999", 999_999_999),
        ] {
            let weight: Weight = serde_json::from_str(json).unwrap();
            assert_eq!(weight.grams(), grams, "{json}");
        }
        assert_eq!(
            serde_json::to_string(&Weight::from_grams(1_200).unwrap()).unwrap(),
            r#""1.200""#
        );
        for (json, why) in [
            ("1.2345", "\"1.2345\" has more than three decimals"),
            (
                "1.0000000001",
                "\"1.0000000001\" has more than three decimals",
            ),
            ("0", "\"0\" is out of range"),
            ("-1", "\"-1\" is not a decimal number"),
            ("-0.5", "\"-0.5\" is not a decimal number"),
            ("1000000", "\"1000000\" is out of range"),
            (r#""1e3""#, "\"1e3\" is not a decimal number"),
            (
                "true",
                "invalid type: boolean `true`, expected kilograms such as 1.234",
            ),
            ("{}", "invalid type: map, expected a JSON number"),
        ] {
            let error = serde_json::from_str::<Weight>(json)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(why), "{json}: {error}");
        }
    }

    /// `.ci/run` runs this with serde_json's feature, too.
    #[test]
    fn a_number_is_read_as_written_where_serde_json_tells() {
        let is_exact = serde_json::from_str::<serde_json::Number>("1.20")
            .is_ok_and(|number| number.to_string() == "1.20");
        for (json, by_double, as_written) in [
            ("1e3", "1000.000", "\"1e+3\" is not a decimal number"),
            (
                "1e-4",
                "\"0.0001\" has more than three decimals",
                "\"1e-4\" is not a decimal number",
            ),
            (
                "1.2000000000000000001",
                "1.200",
                "\"1.2000000000000000001\" has more than three decimals",
            ),
            ("1.2000", "1.200", "\"1.2000\" has more than three decimals"),
        ] {
            let read = serde_json::from_str::<Weight>(json);
            let shown = read.map_or_else(|error| error.to_string(), |weight| weight.to_string());
            let expected = if is_exact { as_written } else { by_double };
            assert!(shown.starts_with(expected), "{json}: {shown}");
        }
    }

    proptest! {
        #[test]
        fn every_weight_comes_back_from_its_text(grams in 1u32..=999_999_999) {
            let weight = Weight::from_grams(grams).unwrap();
            let text = weight.to_string();
            prop_assert_eq!(&text, &format!("{}.{:03}", grams / 1000, grams % 1000));
            prop_assert_eq!(text.parse(), Ok(weight));
            let mut written = Vec::new();
            weight.write(&mut written);
            prop_assert_eq!(written, text.as_bytes());
            let number: Weight = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(number, weight);
        }
    }
}
