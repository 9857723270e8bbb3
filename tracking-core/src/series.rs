//! A series: what numbers belong to.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::format::{Codec, Prefix};
use crate::hex;
use crate::judge::{self, Verdict};
use crate::key::Key;
use crate::number::TrackingNumber;
use crate::serial::{Block, EPOCH_MS, Serial};
use crate::shown::Shown;
use crate::timeline::Timeline;

/// A name, a format, a key and the time of its creation: all that makes serials into numbers.
///
/// It is stored beside the allocator's state, so that two processes on one store cannot disagree
/// about it. Its `Debug` output never shows the key.
#[derive(Clone)]
pub struct Series {
    name: SeriesName,
    prefix: Prefix,
    key: Key,
    created_at_ms: i64,
    codec: Codec,
}

impl Series {
    /// A series of its parts; `created_at_ms` counts milliseconds since the Unix epoch.
    pub fn new(name: SeriesName, prefix: Prefix, key: Key, created_at_ms: i64) -> Self {
        Self {
            codec: Codec::new(prefix, &key),
            name,
            prefix,
            key,
            created_at_ms,
        }
    }

    /// The name.
    pub fn name(&self) -> &SeriesName {
        &self.name
    }

    /// The prefix of its numbers.
    pub fn prefix(&self) -> Prefix {
        self.prefix
    }

    /// The secret key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// When it was created, in milliseconds since the Unix epoch. No number of it is older.
    pub fn created_at_ms(&self) -> i64 {
        self.created_at_ms
    }

    /// When it was created.
    pub fn created_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.created_at_ms)
            .unwrap_or(DateTime::from_timestamp_nanos(EPOCH_MS * 1_000_000))
    }

    /// What tells this format and key from others, without giving the key away.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.prefix, &self.key)
    }

    /// The number of a serial.
    pub fn encode(&self, serial: Serial) -> TrackingNumber {
        self.codec.encode(serial)
    }

    /// The numbers of the first serials of `block`, into `out`: as many as both have.
    ///
    /// Several times faster for each number than [`encode`](Self::encode), since encryption
    /// pipelines across numbers.
    pub fn encode_block(&self, block: Block, out: &mut [TrackingNumber]) {
        self.codec.encode_block(block, out);
    }

    /// Whether this series could have issued a number, without any database.
    ///
    /// `now_ms` is the time, in milliseconds since the Unix epoch. `timeline` is the state of the
    /// series' store, as [`Store::snapshot`](crate::Store::snapshot) reads it *after* the number
    /// was received; without it fewer numbers are refused.
    ///
    /// Refused is certain. Belongs is not proof of issue: a random body with a right check
    /// character passes with the chance (age of the series / 87 years) x (lanes used / 64).
    pub fn judge(
        &self,
        number: &TrackingNumber,
        now_ms: i64,
        timeline: Option<&Timeline>,
    ) -> Verdict {
        match self.codec.decode(number) {
            Err(reason) => Verdict::Refused(reason),
            Ok(serial) => judge::judge(serial, self.created_at_ms, now_ms, timeline),
        }
    }

    /// The prefix, body and check character of a number of this series' format, if it has that
    /// shape; the check character may be wrong.
    pub fn split<'a>(&self, number: &'a TrackingNumber) -> Option<(&'a str, &'a str, &'a str)> {
        let prefix = self.prefix.as_str();
        let rest = number.as_str().strip_prefix(prefix)?;
        let (body, check) = rest.split_at_checked(crate::format::BODY_LENGTH)?;
        (check.len() == 1).then(|| (&number.as_str()[..prefix.len()], body, check))
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series")
            .field("name", &self.name)
            .field("prefix", &self.prefix)
            .field("key", &self.key)
            .field("created_at_ms", &self.created_at_ms)
            .finish()
    }
}

/// The name of a series: 1 to 64 characters of `a-z0-9-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesName(String);

impl SeriesName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SeriesName {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for SeriesName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for SeriesName {
    type Err = ParseSeriesNameError;

    fn from_str(text: &str) -> Result<Self, ParseSeriesNameError> {
        let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ParseSeriesNameError {
                found: text.to_owned(),
            })
        }
    }
}

/// A text that is no name of a series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a series name of 1 to 64 characters of a-z, 0-9 and -, found {}",
    Shown(found)
)]
pub struct ParseSeriesNameError {
    found: String,
}

/// What tells one format and key from another: 64 bits of a SHA-256, shown as 16 hexadecimal
/// digits. It gives nothing of the key away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 8]);

impl Fingerprint {
    /// The fingerprint of a format (its prefix) and a key.
    pub fn of(prefix: Prefix, key: &Key) -> Self {
        let digest = Sha256::new()
            .chain_update(b"tracking series fingerprint 1\0")
            .chain_update(prefix.as_str())
            .chain_update(b"\0")
            .chain_update(key.expose())
            .finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(prefix: &str, key: u8) -> Series {
        Series::new(
            SeriesName::default(),
            prefix.parse().unwrap(),
            Key::from_bytes([key; 16]),
            EPOCH_MS,
        )
    }

    #[test]
    fn fingerprints_tell_format_and_key_apart() {
        let print = |prefix, key| series(prefix, key).fingerprint().to_string();
        assert_eq!(print("AB", 1), print("AB", 1));
        assert_eq!(print("AB", 1).len(), 16);
        assert_ne!(print("AB", 1), print("A", 1));
        assert_ne!(print("AB", 1), print("AB", 2));
    }

    #[test]
    fn debug_hides_the_key() {
        let text = format!("{:?}", series("AB", 0xAB));
        assert!(
            text.contains("redacted") && !text.contains("171") && !text.contains("abab"),
            "{text}"
        );
    }

    #[test]
    fn names() {
        assert!("a-0".parse::<SeriesName>().is_ok());
        assert!("x".repeat(64).parse::<SeriesName>().is_ok());
        for text in ["", "A", "a b", "a/b", "..", "é", &"x".repeat(65)] {
            let error = text.parse::<SeriesName>().unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("found {}", Shown(text))),
                "{error}"
            );
        }
    }

    #[test]
    fn splits_a_number() {
        let series = series("AB", 1);
        let number = series.encode(Serial::new(5).unwrap());
        let (prefix, body, check) = series.split(&number).unwrap();
        assert_eq!((prefix, body.len(), check.len()), ("AB", 12, 1));
        assert_eq!(format!("{prefix}{body}{check}"), number.as_str());
        for other in ["AB1", "XY0123456789ABC", "AB0123456789ABCD"] {
            assert_eq!(series.split(&other.parse().unwrap()), None);
        }
    }
}
