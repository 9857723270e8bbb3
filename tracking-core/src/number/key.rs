//! The key of a series.

use std::fmt;
use std::io;
use std::str::FromStr;

use crate::{hex, random};

/// 128 secret bits, under which a series' serials become numbers. `Debug` never shows them.
///
/// Its text form, for a backup or `TRACKING_KEY`, is 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl Key {
    /// A random key, from the operating system's source: a child of `fork` draws another than its
    /// parent.
    ///
    /// # Panics
    /// Where the system has no random bits; [`try_random`](Self::try_random) returns that.
    pub fn random() -> Self {
        random::expected(Self::try_random())
    }

    /// A random key as [`random`](Self::random) makes it.
    ///
    /// # Errors
    /// The system's, where it has no random bits. There is no key then, rather than a guessable one.
    pub fn try_random() -> io::Result<Self> {
        random::bytes().map(Self)
    }

    /// A key of given bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The secret as 32 hexadecimal digits, in lower case.
    pub fn expose_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let error = ParseKeyError {
            characters: text.chars().count(),
        };
        hex::decode(text).map(Self).ok_or(error)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(redacted)")
    }
}

/// A text that is no key. It does not repeat the text, which may be a secret with a slip in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a key of 32 hexadecimal digits, found {characters} characters that are not one")]
pub struct ParseKeyError {
    characters: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_debug_hides_it() {
        let key = Key::random();
        let text = key.expose_hex();
        assert_eq!(text.len(), 32);
        assert_eq!(text.parse(), Ok(key.clone()));
        assert_eq!(text.to_uppercase().parse(), Ok(key.clone()));
        assert_eq!(format!("{key:?}"), "Key(redacted)");
        assert_ne!(key, Key::random());
    }

    #[test]
    fn refuses_other_texts_without_repeating_them() {
        for text in [
            "",
            "00",
            "0123456789abcdef0123456789abcdeg",
            &"0".repeat(33),
            &"é".repeat(16),
        ] {
            let message = text.parse::<Key>().unwrap_err().to_string();
            assert_eq!(
                message,
                format!(
                    "expected a key of 32 hexadecimal digits, found {} characters that are not one",
                    text.chars().count()
                )
            );
        }
    }
}
