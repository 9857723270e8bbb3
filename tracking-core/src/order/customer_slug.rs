//! Customers' slugs.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Deserializer, Serialize};

use super::customer_name::too_long;
use super::{ErrorCode, ValueError, text_serde};

pub(super) const EXPECTED: &str =
    "words of a-z and 0-9 joined by single hyphens, such as redbox-logistics";

/// `$` without the flag `m` is the end of the text alone, never before a line feed.
#[expect(
    clippy::expect_used,
    reason = "the pattern is a constant, compiled by every test that parses a slug"
)]
static SHAPE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-z0-9]+(?:-[a-z0-9]+)*$").expect("the pattern is right"));

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
        } else if SHAPE.is_match(text) {
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
    use super::*;

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
