//! The prefix of a series' numbers.

use std::fmt;
use std::io;
use std::str::FromStr;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::number::base36::{self, SIX_DIGITS, digit};
use crate::number::key::Key;
use crate::random;
use crate::shown::Shown;

/// The most characters of a prefix.
pub(super) const PREFIX_LENGTH: usize = 3;

/// The first 0 to 3 characters of a series' numbers, of `A-Z0-9`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    bytes: [u8; PREFIX_LENGTH],
    length: u8,
}

impl Prefix {
    /// No prefix: the numbers are 13 characters long.
    pub const EMPTY: Self = Self {
        bytes: [0; PREFIX_LENGTH],
        length: 0,
    };

    /// Three random characters, so that two default series differ.
    ///
    /// # Panics
    /// Where the system has no random bits; [`try_random`](Self::try_random) returns that.
    pub fn random() -> Self {
        random::expected(Self::try_random())
    }

    /// A random prefix as [`random`](Self::random) makes it.
    ///
    /// # Errors
    /// The system's, where it has no random bits.
    pub fn try_random() -> io::Result<Self> {
        let mut source = random::seeded()?;
        let bytes = std::array::from_fn(|_| {
            base36::CHARACTERS[source.random_range(0..base36::CHARACTERS.len())]
        });
        Ok(Self { bytes, length: 3 })
    }

    /// Three characters that follow from a key, so that all who hold the key mean one series.
    pub fn derived(key: &Key) -> Self {
        let digest = Sha256::new()
            .chain_update(b"tracking series prefix 1\0")
            .chain_update(key.expose())
            .finalize();
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        let mut characters = [0; 6];
        base36::write_six(
            (u64::from_be_bytes(number) % SIX_DIGITS) as u32,
            &mut characters,
        );
        let [a, b, c, ..] = characters;
        Self {
            bytes: [a, b, c],
            length: 3,
        }
    }

    /// The prefix as text.
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so this never takes the default.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl FromStr for Prefix {
    type Err = ParsePrefixError;

    fn from_str(text: &str) -> Result<Self, ParsePrefixError> {
        let shaped = text.len() <= PREFIX_LENGTH && text.bytes().all(|c| digit(c).is_some());
        if !shaped {
            return Err(ParsePrefixError {
                found: text.to_owned(),
            });
        }
        let mut bytes = [0; PREFIX_LENGTH];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self {
            bytes,
            length: text.len() as u8,
        })
    }
}

impl TryFrom<String> for Prefix {
    type Error = ParsePrefixError;
    fn try_from(text: String) -> Result<Self, ParsePrefixError> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.as_str().to_owned()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prefix({:?})", self.as_str())
    }
}

/// What helps whoever wrote small letters.
fn capitals(found: &str) -> &'static str {
    match found.to_ascii_uppercase().parse::<Prefix>() {
        Ok(_) => "; capitals are meant",
        Err(_) => "",
    }
}

/// A text that is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a prefix of 0 to 3 characters of A-Z and 0-9, found {}{}",
    Shown(found),
    capitals(found)
)]
pub struct ParsePrefixError {
    found: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        for text in ["", "A", "Z9", "0AZ"] {
            assert_eq!(text.parse::<Prefix>().unwrap().as_str(), text);
        }
        for (text, hint) in [
            ("ABCD", ""),
            ("abcd", ""),
            ("É", ""),
            ("A B", ""),
            ("a", "; capitals are meant"),
        ] {
            assert_eq!(
                text.parse::<Prefix>().unwrap_err().to_string(),
                format!(
                    "expected a prefix of 0 to 3 characters of A-Z and 0-9, found {text:?}{hint}"
                )
            );
        }
        assert_eq!(Prefix::random().as_str().len(), 3);
        let derived = |byte| Prefix::derived(&Key::from_bytes([byte; 16]));
        assert_eq!(derived(1), derived(1));
        assert_ne!(derived(1), derived(2));
        assert_eq!(derived(1).as_str().len(), 3);
    }
}
