//! The tracking number as users see it, 1 to 16 characters of `A-Z0-9`, and what makes it: serial, key,
//! prefix, check character.

mod abreast;
pub(crate) mod base36;
pub(crate) mod check_character;
pub(crate) mod codec;
mod ff1;
pub(crate) mod judge;
pub(crate) mod key;
pub(crate) mod prefix;
pub(crate) mod serial;

use std::fmt;
use std::str::FromStr;

pub use self::check_character::check_character;
pub use self::judge::{Reason, Verdict};
pub use self::key::{Key, ParseKeyError};
pub use self::prefix::{ParsePrefixError, Prefix};
pub use self::serial::{Block, Serial};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MAX_LENGTH: usize = 16;

/// A well-formed tracking number: 1 to 16 characters of `A-Z0-9`.
///
/// Sixteen bytes inline plus a length: `Copy`, no heap. Any maker's number of that shape parses;
/// whether it belongs to a series is a separate question, which
/// [`Series::judge`](crate::Series::judge) answers. Numbers order as their text does.
///
/// ```
/// use tracking_core::TrackingNumber;
///
/// let number: TrackingNumber = "AB12CD34EF56".parse()?;
/// assert_eq!(number.as_str().len(), 12);
/// assert_eq!(
///     "AB12-CD34".parse::<TrackingNumber>().unwrap_err().to_string(),
///     "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found '-' at position 5",
/// );
/// # Ok::<(), tracking_core::number::ParseNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingNumber {
    // Unused bytes are zero, below every character that may occur, so that the derived order is
    // that of the text.
    bytes: [u8; MAX_LENGTH],
    length: u8,
}

impl TrackingNumber {
    /// The most characters that one has.
    pub const MAX_LENGTH: usize = MAX_LENGTH;

    /// The one-character number `0`: what a buffer holds before
    /// [`Generator::fill`](crate::Generator::fill) fills it. No series issues it.
    pub const BLANK: Self = {
        let mut bytes = [0; MAX_LENGTH];
        bytes[0] = b'0';
        Self { bytes, length: 1 }
    };

    /// The number as text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so this never takes the default.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The number as ASCII bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// A number of `bytes[..length]`, for callers that have made every character themselves.
    #[inline]
    pub(crate) fn from_ascii(bytes: [u8; MAX_LENGTH], length: u8) -> Self {
        debug_assert!((1..=16).contains(&length));
        debug_assert!(bytes[..usize::from(length)].iter().all(|&c| is_allowed(c)));
        debug_assert!(bytes[usize::from(length)..].iter().all(|&c| c == 0));
        Self { bytes, length }
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

impl FromStr for TrackingNumber {
    type Err = ParseNumberError;

    fn from_str(text: &str) -> Result<Self, ParseNumberError> {
        let mut bytes = [0; MAX_LENGTH];
        match bytes.get_mut(..text.len()) {
            Some(room) if !text.is_empty() && text.bytes().all(is_allowed) => {
                room.copy_from_slice(text.as_bytes());
                Ok(Self {
                    bytes,
                    length: text.len() as u8,
                })
            }
            _ => Err(ParseNumberError::of(text)),
        }
    }
}

impl ParseNumberError {
    /// What is wrong with a text that is no number.
    fn of(text: &str) -> Self {
        let mut characters = text.chars().enumerate();
        let wrong = characters.find(|(_, c)| !c.is_ascii() || !is_allowed(*c as u8));
        match wrong {
            Some((index, character)) => Self::Character {
                position: index + 1,
                character,
            },
            None if text.is_empty() => Self::Empty,
            None => Self::TooLong { length: text.len() },
        }
    }
}

impl AsRef<str> for TrackingNumber {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackingNumber({})", self.as_str())
    }
}

impl Serialize for TrackingNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TrackingNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = TrackingNumber;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tracking number of 1 to 16 characters of A-Z and 0-9")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<TrackingNumber, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// What helps whoever wrote small letters.
fn capitals(found: char) -> &'static str {
    match found.is_ascii_lowercase() {
        true => "; the letters of a number are capitals",
        false => "",
    }
}

/// Why a text is not a tracking number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseNumberError {
    /// The text has no character.
    #[error("expected a tracking number of 1 to 16 characters of A-Z and 0-9, found nothing")]
    Empty,
    /// The text has more than 16 characters.
    #[error(
        "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found {length} characters"
    )]
    TooLong {
        /// How many characters it has.
        length: usize,
    },
    /// A character is not one of `A-Z0-9`.
    #[error(
        "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found {character:?} at position {position}{}", capitals(*character)
    )]
    Character {
        /// Where it stands, in characters, counted from 1.
        position: usize,
        /// The character.
        character: char,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn is_sixteen_bytes_and_a_length() {
        assert_eq!(size_of::<TrackingNumber>(), 17);
    }

    #[test]
    fn errors_name_the_position_and_the_character() {
        let message = |text: &str| text.parse::<TrackingNumber>().unwrap_err().to_string();
        let expected = "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found ";
        for (text, found) in [
            ("", "nothing"),
            ("ABCDEFGHIJKLMNOPQ", "17 characters"),
            (
                "abc",
                "'a' at position 1; the letters of a number are capitals",
            ),
            ("AB\u{9b}\u{202e}", "'\\u{9b}' at position 3"),
            ("AÄB", "'Ä' at position 2"),
            ("AB C", "' ' at position 3"),
            ("AB\n", "'\\n' at position 3"),
        ] {
            assert_eq!(message(text), format!("{expected}{found}"));
        }
    }

    proptest! {
        #[test]
        fn text_round_trips(text in "[A-Z0-9]{1,16}") {
            let number: TrackingNumber = text.parse()?;
            prop_assert_eq!(number.to_string(), &text[..]);
            prop_assert_eq!(number.as_bytes(), text.as_bytes());
            let json = serde_json::to_string(&number)?;
            prop_assert_eq!(&json, &format!("\"{text}\""));
            prop_assert_eq!(serde_json::from_str::<TrackingNumber>(&json)?, number);
        }

        #[test]
        fn parses_exactly_the_shape(text in ".{0,20}|[A-Z0-9]{0,18}") {
            let shaped = (1..=16).contains(&text.len()) && text.bytes().all(is_allowed);
            prop_assert_eq!(text.parse::<TrackingNumber>().is_ok(), shaped);
        }

        #[test]
        fn orders_as_its_text(a in "[A-Z0-9]{1,16}", b in "[A-Z0-9]{1,16}") {
            let (x, y): (TrackingNumber, TrackingNumber) = (a.parse()?, b.parse()?);
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
