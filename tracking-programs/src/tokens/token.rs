//! What a caller shows.

use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRng;
use rand::rngs::SysRng;

use super::TokenDigest;

/// What a token begins with, so that people and the scanners of code hosts know one when they see it.
pub(super) const PREFIX: &str = "trk_";
/// The characters of 256 bits in base64 without padding.
const ENCODED_LENGTH: usize = 43;
/// The characters of a token.
const LENGTH: usize = PREFIX.len() + ENCODED_LENGTH;
// SHA-256 pads with a bit and a length of 8 bytes: up to here a token is one block of it.
const _: () = assert!(LENGTH <= 64 - 9);

/// 256 secret bits that let a caller in, as text: `trk_` and 43 characters of base64url. `Debug` never
/// shows them.
pub struct Token(String);

impl Token {
    /// A random token, from the operating system's generator.
    ///
    /// # Errors
    /// The system gives no random bits.
    pub fn random() -> io::Result<Self> {
        let mut bits = [0; 32];
        SysRng
            .try_fill_bytes(&mut bits)
            .map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self::of_bits(&bits))
    }

    fn of_bits(bits: &[u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits)))
    }

    /// The secret text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What a server keeps of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_256_bits_of_text_and_debug_hides_it() {
        let token = Token::of_bits(&[0xFB; 32]);
        assert_eq!(
            token.expose(),
            "trk_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s"
        );
        assert_eq!(token.expose().len(), LENGTH);
        assert_eq!(format!("{token:?}"), "Token(redacted)");
        assert_eq!(format!("{:?}", token.digest()), "TokenDigest(redacted)");
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        assert_ne!(one.expose(), other.expose());
    }
}
