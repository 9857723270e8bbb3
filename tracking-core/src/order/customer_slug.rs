//! Customers' slugs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::customer_name::too_long;
use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str =
    "words of a-z and 0-9 joined by single hyphens, such as redbox-logistics";

/// A customer's slug: `^[a-z0-9]+(-[a-z0-9]+)*$`, at most 255 characters.
///
/// The serde form is the slug.
///
/// ```
/// use tracking_core::order::CustomerSlug;
///
/// let slug: CustomerSlug = "redbox-logistics".parse()?;
/// assert_eq!(slug.as_str(), "redbox-logistics");
/// assert!("RedBox".parse::<CustomerSlug>().is_err());
/// # Ok::<(), tracking_core::order::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct CustomerSlug(Box<str>);

impl CustomerSlug {
    /// The most characters.
    pub const CHARS_MAX: usize = 255;

    /// The slug: `a-z`, `0-9` and `-` only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// # Errors
///
/// [`ErrorCode::TooLong`] or [`ErrorCode::NotASlug`].
impl FromStr for CustomerSlug {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if let Some(too_long) = too_long(text, Self::CHARS_MAX) {
            Err(too_long)
        } else if is_slug(text.as_bytes()) {
            Ok(Self(text.into()))
        } else {
            Err(ValueError::of(
                text,
                ErrorCode::NotASlug,
                format_args!("is not a slug: expected {EXPECTED}"),
            ))
        }
    }
}

/// Words, and one hyphen between each two of them: none at either end, and never two together.
fn is_slug(text: &[u8]) -> bool {
    let mut last = b'-';
    for &byte in text {
        let is_right = match byte {
            b'a'..=b'z' | b'0'..=b'9' => true,
            b'-' => last != b'-',
            _ => false,
        };
        if !is_right {
            return false;
        }
        last = byte;
    }
    last != b'-'
}

impl fmt::Display for CustomerSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> Deserialize<'de> for CustomerSlug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_serde::deserialize(deserializer, EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_shape_is_that_of_the_pattern(text in "[a-c0-1-]{0,8}|[ -~]{0,4}|.{0,4}\\n?") {
            // `$` without the flag `m` is the end of the text alone, never before a line feed.
            let pattern = regex::Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").unwrap();
            prop_assert_eq!(text.parse::<CustomerSlug>().is_ok(), pattern.is_match(&text));
        }
    }

    #[test]
    fn slugs_are_taken_as_they_are() {
        for text in ["a", "7", "a-1-b", "redbox-logistics", &"s".repeat(255)] {
            assert_eq!(text.parse::<CustomerSlug>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn others_are_refused_with_the_reason() {
        for text in [
            "",
            "RedBox",
            "red_box",
            "-red",
            "red-",
            "red--box",
            "-",
            "rédbox",
            "red box",
            "red\n",
            "\nred",
            "red\r\nbox",
            "ｒed",
            "३",
        ] {
            let error = text.parse::<CustomerSlug>().unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotASlug);
            assert_eq!(
                error.message(),
                format!(
                    "{text:?} is not a slug: expected words of a-z and 0-9 joined by single hyphens, such as redbox-logistics"
                )
            );
        }
        let error = "s".repeat(256).parse::<CustomerSlug>().unwrap_err();
        assert_eq!(error.code(), ErrorCode::TooLong);
        assert_eq!(
            error.message(),
            format!(
                "\"{}…\" has 256 characters: expected at most 255",
                "s".repeat(40)
            )
        );
    }
}
