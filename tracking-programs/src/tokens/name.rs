//! Whose a token is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The name of who holds a token: 1 to 64 characters of `a-z0-9-`, as a series has.
///
/// Two tokens may have one name, while the newer takes the place of the older. Logs show it. No token is
/// a name, since each has a `_`: one that was put here by mistake is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenName(String);

impl TokenName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TokenName {
    type Err = ParseTokenNameError;

    fn from_str(text: &str) -> Result<Self, ParseTokenNameError> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let is_name = (1..=64).contains(&text.len()) && text.bytes().all(allowed);
        is_name
            .then(|| Self(text.to_owned()))
            .ok_or(ParseTokenNameError)
    }
}

impl Serialize for TokenName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for TokenName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::from_text(deserializer)
    }
}

/// A text that is no name of a token. It does not repeat the text, which may be the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of 1 to 64 characters of a-z, 0-9 and -")]
pub struct ParseTokenNameError;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Token;

    #[test]
    fn names() {
        assert!("shop-1".parse::<TokenName>().is_ok());
        assert!("x".repeat(64).parse::<TokenName>().is_ok());
        let token = Token::random().unwrap();
        for text in ["", "A", "a b", "a\n", "é", &"x".repeat(65), token.expose()] {
            assert_eq!(text.parse::<TokenName>(), Err(ParseTokenNameError));
        }
    }
}
