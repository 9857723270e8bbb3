//! What a server keeps of a token, as lines of its file.

use std::fmt;

use chrono::{DateTime, SecondsFormat};

use super::{Scopes, TokenDigest, TokenName};

/// The most numbers a second that a rate can say: the world's parcels, many times over.
pub const RATE_MAX: u32 = 10_000_000;

/// What a server keeps of a token. Its `Display` are the lines for the file of `tracking-http --tokens`,
/// a table of TOML.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenEntry {
    /// Whose it is.
    pub name: TokenName,
    /// The SHA-256 of the token.
    pub digest: TokenDigest,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it ends to be good, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
    /// How many numbers its holder may take.
    pub rate: Option<TokenRate>,
}

impl TokenEntry {
    /// The entry of a token that never expires, and whose holder may take any number of numbers.
    pub fn new(name: TokenName, digest: TokenDigest, scopes: Scopes) -> Self {
        Self {
            name,
            digest,
            scopes,
            expires_at_ms: None,
            rate: None,
        }
    }
}

impl fmt::Display for TokenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // None of the values has a character that TOML would want escaped.
        writeln!(f, "[[token]]")?;
        writeln!(f, "name = \"{}\"", self.name)?;
        writeln!(f, "sha256 = \"{}\"", self.digest)?;
        write!(f, "scopes = [")?;
        for (index, scope) in self.scopes.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}\"{scope}\"")?;
        }
        writeln!(f, "]")?;
        if let Some(time) = self.expires_at_ms.and_then(DateTime::from_timestamp_millis) {
            let time = time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            writeln!(f, "expires = {time}")?;
        }
        if let Some(rate) = self.rate {
            writeln!(f, "rate = {}", rate.per_second())?;
            writeln!(f, "burst = {}", rate.burst())?;
        }
        Ok(())
    }
}

/// How many numbers a second may be taken on average, and how many at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRate {
    per_second: u32,
    burst: u32,
}

impl TokenRate {
    /// `per_second` on average; at once `burst`, or as many as in a second.
    ///
    /// # Errors
    /// One is 0, or the rate is above [`RATE_MAX`].
    pub fn new(per_second: u32, burst: Option<u32>) -> Result<Self, TokenRateError> {
        if !(1..=RATE_MAX).contains(&per_second) {
            return Err(TokenRateError::Rate { found: per_second });
        }
        let burst = burst.unwrap_or(per_second);
        if burst == 0 {
            return Err(TokenRateError::Burst);
        }
        Ok(Self { per_second, burst })
    }

    /// Numbers a second, 1 to [`RATE_MAX`].
    pub fn per_second(self) -> u32 {
        self.per_second
    }

    /// Numbers at once, 1 or more.
    pub fn burst(self) -> u32 {
        self.burst
    }
}

/// Numbers that are no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRateError {
    /// The rate.
    #[error("expected a rate of 1 to {RATE_MAX} numbers a second, found {found}")]
    Rate {
        /// What was found.
        found: u32,
    },
    /// The burst.
    #[error("expected a burst of 1 number or more, found 0")]
    Burst,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Scope;

    #[test]
    fn the_lines() {
        let mut entry = TokenEntry {
            name: "shop-a".parse().unwrap(),
            digest: TokenDigest::of(b"abc"),
            scopes: [Scope::Read, Scope::Issue].into_iter().collect(),
            expires_at_ms: None,
            rate: None,
        };
        let first = "[[token]]\n\
                     name = \"shop-a\"\n\
                     sha256 = \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n\
                     scopes = [\"issue\", \"read\"]\n";
        assert_eq!(entry.to_string(), first);
        entry.expires_at_ms = Some(1_798_761_600_000);
        entry.rate = TokenRate::new(100, None).ok();
        assert_eq!(
            entry.to_string(),
            format!("{first}expires = 2027-01-01T00:00:00Z\nrate = 100\nburst = 100\n")
        );
    }

    #[test]
    fn rates() {
        let rate = TokenRate::new(5, Some(1)).unwrap();
        assert_eq!((rate.per_second(), rate.burst()), (5, 1));
        for (rate, burst, error) in [
            (0, None, TokenRateError::Rate { found: 0 }),
            (
                RATE_MAX + 1,
                None,
                TokenRateError::Rate {
                    found: RATE_MAX + 1,
                },
            ),
            (1, Some(0), TokenRateError::Burst),
        ] {
            assert_eq!(TokenRate::new(rate, burst), Err(error));
        }
    }
}
