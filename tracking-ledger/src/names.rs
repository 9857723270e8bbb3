//! What a caller or a program calls things by: references, tokens' names, requests' ids.

use std::fmt;
use std::str::FromStr;

use tracking_core::shown::{Shown, steers};

/// A text that is no name of this kind. It shows the text cut and escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} is no {what}: expected 1 to 64 printable characters")]
#[non_exhaustive]
pub struct ParseNameError {
    what: &'static str,
    found: Box<str>,
}

/// The most characters (Unicode scalar values) that a name has.
const CHARS_MAX: usize = 64;

fn parse(what: &'static str, text: &str) -> Result<Box<str>, ParseNameError> {
    // One character more than may be there, so that a long text costs no more than a short one.
    let chars = text.chars().take(CHARS_MAX + 1).count();
    if (1..=CHARS_MAX).contains(&chars) && !text.chars().any(steers) {
        Ok(text.into())
    } else {
        let found = Shown(text).to_string().into();
        Err(ParseNameError { what, found })
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $what:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// 1 to 64 characters of any script, none of which steers a terminal or breaks a line. Kept and compared
        /// as it is, byte for byte.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseNameError;

            fn from_str(text: &str) -> Result<Self, ParseNameError> {
                parse($what, text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )*};
}

names! {
    /// What the caller calls a parcel, such as the number of its own order. Many numbers may have the same.
    Reference: "reference";
    /// The name of the token that asked for a number.
    TokenName: "token's name";
    /// The id of the request that a number was issued for: the value of `X-Request-Id`.
    RequestId: "request id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_they_are() {
        for text in ["a", " ", "PO-4711/ä", "株式会社", &"é".repeat(64)] {
            assert_eq!(text.parse::<Reference>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn others_are_refused_and_shown_harmlessly() {
        for text in ["", "a\nb", "\u{9b}31m", "\u{202e}", &"é".repeat(65)] {
            text.parse::<RequestId>().unwrap_err();
        }
        assert_eq!(
            "a\u{1b}b".parse::<Reference>().unwrap_err().to_string(),
            r#""a\u{1b}b" is no reference: expected 1 to 64 printable characters"#,
        );
    }
}
