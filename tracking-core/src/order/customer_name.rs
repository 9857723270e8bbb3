//! Customers' names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str = "1 to 255 characters, none of them a control character";

/// A customer's name: 1 to 255 characters (Unicode scalar values) of any script, none of them a control
/// character (Unicode category Cc).
///
/// The serde form is the name.
///
/// ```
/// use tracking_core::order::CustomerName;
///
/// let name: CustomerName = "Ærø & Søn".parse()?;
/// assert_eq!(name.as_str(), "Ærø & Søn");
/// assert!("a\nb".parse::<CustomerName>().is_err());
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CustomerName(Box<str>);

impl CustomerName {
    /// The most characters.
    pub const CHARS_MAX: usize = 255;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// # Errors
///
/// [`ErrorCode::Missing`] for an empty text, [`ErrorCode::TooLong`] or [`ErrorCode::ControlCharacter`].
impl FromStr for CustomerName {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text.is_empty() {
            Err(ValueError::of(
                text,
                ErrorCode::Missing,
                format_args!("is empty: expected {EXPECTED}"),
            ))
        } else if let Some(too_long) = too_long(text, Self::CHARS_MAX) {
            Err(too_long)
        } else if is_plain(text) {
            Ok(Self(text.into()))
        } else if let Some(control) = text.chars().find(|character| character.is_control()) {
            let what = format_args!(
                "holds the control character U+{:04X}: expected {EXPECTED}",
                u32::from(control)
            );
            Err(ValueError::of(text, ErrorCode::ControlCharacter, what))
        } else {
            Ok(Self(text.into()))
        }
    }
}

/// Whether each character is one of ASCII and none a control character, as of most names.
fn is_plain(text: &str) -> bool {
    // All of them are looked at, which takes less than to ask after each whether to go on.
    let plain = |all: bool, byte: &u8| all & (b' '..=b'~').contains(byte);
    text.as_bytes().iter().fold(true, plain)
}

/// The error for a text of more characters than this.
pub(super) fn too_long(text: &str, chars_max: usize) -> Option<ValueError> {
    // Counts only what is longer in bytes, too.
    let is_too_long = text.len() > chars_max && text.chars().nth(chars_max).is_some();
    is_too_long.then(|| {
        let what = format_args!(
            "has {} characters: expected at most {chars_max}",
            text.chars().count()
        );
        ValueError::of(text, ErrorCode::TooLong, what)
    })
}

impl fmt::Display for CustomerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for CustomerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_serde::deserialize(deserializer, EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_are_taken_as_they_are() {
        for text in [
            "RedBox Logistics",
            "Ærø & Søn",
            "株式会社",
            " ",
            "\"', <b>",
            &"x".repeat(255),
            &"株".repeat(255),
        ] {
            assert_eq!(text.parse::<CustomerName>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        let xs = "x".repeat(40);
        for (text, code, message) in [
            ("", ErrorCode::Missing, r#""" is empty: expected 1 to 255 characters, none of them a control character"#.to_owned()),
            (
                "a\0b",
                ErrorCode::ControlCharacter,
                r#""a\0b" holds the control character U+0000: expected 1 to 255 characters, none of them a control character"#.to_owned(),
            ),
            (
                "a\nb",
                ErrorCode::ControlCharacter,
                r#""a\nb" holds the control character U+000A: expected 1 to 255 characters, none of them a control character"#.to_owned(),
            ),
            (
                "\u{9b}31m",
                ErrorCode::ControlCharacter,
                r#""\u{9b}31m" holds the control character U+009B: expected 1 to 255 characters, none of them a control character"#.to_owned(),
            ),
            (&"x".repeat(256), ErrorCode::TooLong, format!("\"{xs}…\" has 256 characters: expected at most 255")),
            (&"株".repeat(300), ErrorCode::TooLong, format!("\"{}…\" has 300 characters: expected at most 255", "株".repeat(40))),
        ] {
            let error = text.parse::<CustomerName>().unwrap_err();
            assert_eq!((error.code(), error.message()), (code, message.as_str()));
        }
        assert!("a\u{7f}".parse::<CustomerName>().is_err());
    }
}
