//! What is wrong with one value.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::shown::Shown;

/// What kind of thing is wrong with a parameter, for programs to act on.
///
/// The text of a code never changes once it is published.
///
/// ```
/// use tracking_core::order::{ErrorCode, Weight};
///
/// let error = "1.2345".parse::<Weight>().unwrap_err();
/// assert_eq!(error.code(), ErrorCode::TooManyDecimals);
/// assert_eq!(error.code().as_str(), "too-many-decimals");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// `missing`: required, and absent or empty.
    Missing,
    /// `unknown-parameter`: no order has such a field.
    UnknownParameter,
    /// `given-twice`: the same parameter was set more than once.
    GivenTwice,
    /// `not-utf-8`: the value's bytes are not UTF-8, or a JSON string has half of a surrogate pair.
    NotUtf8,
    /// `wrong-type`: in JSON, a value that is no string; nor, where one may be, a number.
    WrongType,
    /// `unknown-country`: not an assigned ISO 3166-1 alpha-2 code.
    UnknownCountry,
    /// `not-a-number`: not a plain decimal number.
    NotANumber,
    /// `too-many-decimals`: a weight finer than a gram.
    TooManyDecimals,
    /// `out-of-range`: a weight of nothing, or of 1,000,000 kg and more.
    OutOfRange,
    /// `not-rfc3339`: not a date and time with an offset as RFC 3339 writes it.
    NotRfc3339,
    /// `not-a-uuid`: not a hyphenated UUID.
    NotAUuid,
    /// `too-long`: more than 255 characters.
    TooLong,
    /// `control-character`: holds a control character (Unicode category Cc).
    ControlCharacter,
    /// `not-a-slug`: not lower-case words joined by single hyphens.
    NotASlug,
    /// `too-many-errors`: there are more unknown parameters than are listed.
    TooManyErrors,
}

impl ErrorCode {
    /// The code in kebab case, as it stands in an answer.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::UnknownParameter => "unknown-parameter",
            Self::GivenTwice => "given-twice",
            Self::NotUtf8 => "not-utf-8",
            Self::WrongType => "wrong-type",
            Self::UnknownCountry => "unknown-country",
            Self::NotANumber => "not-a-number",
            Self::TooManyDecimals => "too-many-decimals",
            Self::OutOfRange => "out-of-range",
            Self::NotRfc3339 => "not-rfc3339",
            Self::NotAUuid => "not-a-uuid",
            Self::TooLong => "too-long",
            Self::ControlCharacter => "control-character",
            Self::NotASlug => "not-a-slug",
            Self::TooManyErrors => "too-many-errors",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// As [`as_str`](ErrorCode::as_str).
impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Why a text is not a value of the type that it was parsed as: the error of every field's `FromStr`.
///
/// Displays as one sentence that shows the value and says what was expected. The value is quoted,
/// escaped and cut to 40 characters, so that it can go to a terminal or a log.
///
/// ```
/// use tracking_core::order::Country;
///
/// let error = "ZZ".parse::<Country>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     r#""ZZ" is not a country: expected an assigned ISO 3166-1 alpha-2 code such as MY"#,
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ValueError {
    code: ErrorCode,
    message: Box<str>,
}

impl ValueError {
    /// An error about a value, which the sentence begins with.
    pub(super) fn of(value: &str, code: ErrorCode, rest: impl fmt::Display) -> Self {
        Self::new(code, format!("{} {rest}", Shown(value)))
    }

    /// An error that has no value to show.
    pub(super) fn new(code: ErrorCode, message: impl Into<Box<str>>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// What kind of thing is wrong.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence that [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
