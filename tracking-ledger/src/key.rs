//! Idempotency keys: the caller's own name for a request that it may send again.

use std::fmt;
use std::str::FromStr;

use crate::fingerprint::Fingerprint;
use crate::names::TokenName;

/// The value of an `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header): 1 to 255 characters of
/// printable ASCII, blanks among them.
///
/// Two forms are parsed, and are equal: a string of RFC 8941 (section 3.3.3, `"…"` in which `\` escapes `"` and `\`),
/// as the draft wants it, and the bare value, as most clients send it. Keys are compared byte for byte, on every
/// database: `abc`, `ABC` and `"abc "` are three.
///
/// ```
/// use tracking_ledger::IdempotencyKey;
///
/// let bare: IdempotencyKey = "8e03978e-40d5-43dd-bc93-6894a57f9324".parse()?;
/// let quoted: IdempotencyKey = r#""8e03978e-40d5-43dd-bc93-6894a57f9324""#.parse()?;
/// assert_eq!(bare, quoted);
/// assert_ne!("abc".parse::<IdempotencyKey>()?, "\"abc \"".parse()?);
/// # Ok::<(), tracking_ledger::ParseKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(Box<str>);

/// A key as one request uses it: whose it is, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name of the token whose key it is. Callers without a token share one space of keys.
    pub scope: Option<TokenName>,
    /// The key.
    pub key: IdempotencyKey,
    /// What the request asks for: the same key with another is refused.
    pub fingerprint: Fingerprint,
}

/// A text that is no idempotency key. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseKeyError {
    /// Nothing is there, or nothing between the quotes.
    #[error("expected an idempotency key of 1 to 255 characters, found none")]
    Empty,
    /// There are more than 255 characters.
    #[error("expected an idempotency key of at most 255 characters, found more")]
    TooLong,
    /// A byte is not printable ASCII.
    #[error("expected an idempotency key of printable ASCII, found another character in it")]
    Character,
    /// It begins with a quote and is no string of RFC 8941.
    #[error(
        "expected an idempotency key such as \"abc\", with \\\" for a quote in it, found quotes that do not match"
    )]
    Quotes,
}

impl IdempotencyKey {
    /// The most characters.
    pub const CHARS_MAX: usize = 255;

    /// The key without quotes and escapes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that is taken as it is, quotes and all: an argument of a command line, say.
    ///
    /// # Errors
    /// [`ParseKeyError`], but never [`Quotes`](ParseKeyError::Quotes).
    pub fn bare(text: &str) -> Result<Self, ParseKeyError> {
        match text.len() {
            0 => Err(ParseKeyError::Empty),
            _ if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
                Err(ParseKeyError::Character)
            }
            1..=Self::CHARS_MAX => Ok(Self(text.into())),
            _ => Err(ParseKeyError::TooLong),
        }
    }
}

impl FromStr for IdempotencyKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        // What HTTP takes away from both ends of a header's value. Within quotes blanks count.
        let text = text.trim_matches([' ', '\t']);
        match text.strip_prefix('"') {
            Some(quoted) => Self::bare(&unquoted(quoted)?),
            None => Self::bare(text),
        }
    }
}

/// What stands before the closing quote, behind which nothing may.
fn unquoted(text: &str) -> Result<String, ParseKeyError> {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' if characters.as_str().is_empty() => return Ok(plain),
            '"' => return Err(ParseKeyError::Quotes),
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\')) => plain.push(escaped),
                _ => return Err(ParseKeyError::Quotes),
            },
            // So that no long text is copied: it is refused in any case.
            _ if plain.len() > IdempotencyKey::CHARS_MAX => return Err(ParseKeyError::TooLong),
            other => plain.push(other),
        }
    }
    Err(ParseKeyError::Quotes)
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_are_equal() {
        for (text, key) in [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            (" \"abc\"\t", "abc"),
            ("\"abc \"", "abc "),
            ("ABC", "ABC"),
            ("a\"b", "a\"b"),
            (r#""a\"b\\""#, r#"a"b\"#),
            ("\" \"", " "),
        ] {
            assert_eq!(
                text.parse::<IdempotencyKey>().unwrap().as_str(),
                key,
                "{text}"
            );
        }
        let longest = "x".repeat(255);
        for text in [longest.clone(), format!("\"{longest}\"")] {
            assert_eq!(text.parse::<IdempotencyKey>().unwrap().as_str(), longest);
        }
        assert_eq!(IdempotencyKey::bare("\"a").unwrap().as_str(), "\"a");
    }

    #[test]
    fn others_are_refused() {
        let long = "x".repeat(256);
        for (text, error) in [
            ("", ParseKeyError::Empty),
            (" ", ParseKeyError::Empty),
            ("\"\"", ParseKeyError::Empty),
            ("\"abc", ParseKeyError::Quotes),
            ("\"", ParseKeyError::Quotes),
            ("\"a\"b\"", ParseKeyError::Quotes),
            ("\"a\";b=1", ParseKeyError::Quotes),
            (r#""a\b""#, ParseKeyError::Quotes),
            (r#""a\"#, ParseKeyError::Quotes),
            ("a\nb", ParseKeyError::Character),
            ("é", ParseKeyError::Character),
            ("\"é\"", ParseKeyError::Character),
            (&long, ParseKeyError::TooLong),
            (&format!("\"{long}\""), ParseKeyError::TooLong),
        ] {
            assert_eq!(text.parse::<IdempotencyKey>(), Err(error), "{text}");
        }
    }
}
