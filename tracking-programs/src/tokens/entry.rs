//! What a server keeps of a token, as lines of its file.

use std::fmt;

use chrono::{DateTime, SecondsFormat};

use super::{Scopes, TokenDigest, TokenName, TokenRate};

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

    /// Whether it lets nobody in any more.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at_ms.is_some_and(|end_ms| end_ms <= now_ms)
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
}
