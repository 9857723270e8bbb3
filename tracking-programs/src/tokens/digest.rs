//! What a server keeps of a token.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::from_text;
use super::token::PREFIX;

/// The SHA-256 of a token's text, as `printf %s TOKEN | sha256sum` prints it: 64 hexadecimal digits.
///
/// It has no `==`: compare by [`ConstantTimeEq`], which takes as long for a near miss as for a far one.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a token exactly as somebody presents it.
    pub fn of(presented: &[u8]) -> Self {
        Self(Sha256::digest(presented).into())
    }

    /// The first 8 of its bytes, to find it among others. Digests that share them may differ.
    pub fn index(&self) -> u64 {
        let (first, _) = self.0.split_first_chunk().unwrap_or((&[0; 8], &[]));
        u64::from_be_bytes(*first)
    }
}

impl ConstantTimeEq for TokenDigest {
    fn ct_eq(&self, other: &Self) -> Choice {
        // Words rather than bytes: each step is kept from being optimised, and there are fewer of them.
        let words = |digest: &Self| {
            let (words, _none) = digest.0.as_chunks::<8>();
            <[[u8; 8]; 4]>::try_from(words).map(|words| words.map(u64::from_ne_bytes))
        };
        match (words(self), words(other)) {
            (Ok(mine), Ok(others)) => mine.as_slice().ct_eq(others.as_slice()),
            _ => Choice::from(0),
        }
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.iter().map(|byte| format!("{byte:02x}"));
        f.pad(&digits.collect::<String>())
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It opens nothing, but logs need not have it.
        f.write_str("TokenDigest(redacted)")
    }
}

impl FromStr for TokenDigest {
    type Err = ParseTokenDigestError;

    fn from_str(text: &str) -> Result<Self, ParseTokenDigestError> {
        if text.starts_with(PREFIX) {
            return Err(ParseTokenDigestError::Token);
        }
        let error = ParseTokenDigestError::NoDigest {
            characters: text.chars().count(),
        };
        let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
        let digits = digits.ok_or(error)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs
            .iter()
            .map(|[high, low]| (high * 16 + low) as u8)
            .collect();
        match (<[u8; 32]>::try_from(bytes), rest) {
            (Ok(bytes), []) => Ok(Self(bytes)),
            _ => Err(error),
        }
    }
}

impl Serialize for TokenDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TokenDigest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

/// A text that is no digest. It does not repeat the text, which may be the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseTokenDigestError {
    /// Not 64 hexadecimal digits.
    #[error(
        "expected the SHA-256 of a token, 64 hexadecimal digits, found {characters} characters that are not one"
    )]
    NoDigest {
        /// How long it is.
        characters: usize,
    },
    /// A token stands where its digest belongs.
    #[error(
        "expected the SHA-256 of a token, 64 hexadecimal digits, found a token itself; whoever read it here may use it, so replace it"
    )]
    Token,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Token;

    #[test]
    fn a_digest_is_what_sha256sum_prints() {
        // printf %s abc | sha256sum
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = TokenDigest::of(b"abc");
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.index(), 0xba78_16bf_8f01_cfea);
        for text in [text, &text.to_uppercase()] {
            let parsed: TokenDigest = text.parse().unwrap();
            assert!(bool::from(parsed.ct_eq(&digest)));
        }
        assert!(!bool::from(TokenDigest::of(b"abd").ct_eq(&digest)));
    }

    #[test]
    fn every_byte_of_a_digest_counts() {
        let digest = TokenDigest::of(b"abc");
        for place in 0..32 {
            let mut other = digest;
            other.0[place] ^= 1;
            assert!(!bool::from(other.ct_eq(&digest)), "{place}");
        }
    }

    #[test]
    fn refuses_other_texts_without_repeating_them() {
        for text in ["", "00", &"g".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            let message = text.parse::<TokenDigest>().unwrap_err().to_string();
            let found = text.chars().count();
            assert_eq!(
                message,
                format!(
                    "expected the SHA-256 of a token, 64 hexadecimal digits, found {found} characters that are not one"
                )
            );
        }
        let token = Token::random().unwrap();
        let error = token.expose().parse::<TokenDigest>().unwrap_err();
        assert_eq!(error, ParseTokenDigestError::Token);
    }
}
