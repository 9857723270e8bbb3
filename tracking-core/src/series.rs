//! A series: what numbers belong to.

mod export;
pub(crate) mod opening;
mod record;

pub use self::export::{Export, ImportError, Imported, ParseExportError, is_here, reopen};
pub use self::opening::{OpenError, Opening, SeriesOptions};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::number::TrackingNumber;
use crate::number::codec::Codec;
use crate::number::judge::{self, Reason, Verdict};
use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::number::serial::{Block, EPOCH_MS, Serial};
use crate::shown::Shown;
use crate::store::snapshot::Snapshot;
use crate::store::timeline::Timeline;

/// The serial that a number means, or why it means none.
pub(crate) type Decoded = Result<Serial, Reason>;

/// How many numbers are decoded before they are judged.
const DECODED_AT_ONCE: usize = 256;

/// A name, a format, a key and the time of its creation: all that makes serials into numbers.
///
/// It is stored beside the allocator's state, so that two processes on one store cannot disagree
/// about it. Its `Debug` output never shows the key.
///
/// In serde it is a record of `name`, `prefix`, `key` (32 hexadecimal digits) and `created_at` (RFC 3339).
/// **That holds the key**: keep it as you keep that one.
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
    /// series' store, as [`OpenStore::snapshot`](crate::OpenStore::snapshot) reads it *after* the number
    /// was received; without it fewer numbers are refused.
    ///
    /// Refused is certain, as long as the state knows what was granted. What it may have lost it
    /// takes for granted: see [`Timeline::doubt_tick`]. Two things it cannot see. The cut-off side of
    /// a split store does not know the lane that the other side took, so it refuses what that one
    /// issues. And a state file that was written over in place with an older copy of itself does not
    /// know the lanes that clocks which went back have moved it to since, unless a process that
    /// had seen them is still there to tell.
    ///
    /// Belongs is not proof of issue: a random body with a right check
    /// character passes with the chance (age of the series / 87 years) x (lanes used / 64).
    pub fn judge(
        &self,
        number: &TrackingNumber,
        now_ms: i64,
        timeline: Option<&Timeline>,
    ) -> Verdict {
        self.judge_decoded(self.codec.decode(number), now_ms, timeline)
    }

    /// [`judge`](Self::judge) each of `numbers` into its place of `verdicts`, as many as both have: several
    /// times faster for each of many.
    ///
    /// ```
    /// use tracking_core::{Key, Prefix, Reason, Serial, Series, SeriesName, TrackingNumber, Verdict};
    ///
    /// let series = Series::new(SeriesName::default(), Prefix::EMPTY, Key::random(), 1_767_225_600_000);
    /// let numbers: [TrackingNumber; 2] = ["A1".parse()?, "B2".parse()?];
    /// let mut verdicts = [Verdict::Refused(Reason::Malformed); 2];
    /// series.judge_each(&numbers, 1_767_312_000_000, None, &mut verdicts);
    /// assert_eq!(verdicts, [Verdict::Refused(Reason::Length); 2]);
    /// # Ok::<(), tracking_core::number::ParseNumberError>(())
    /// ```
    pub fn judge_each(
        &self,
        numbers: &[TrackingNumber],
        now_ms: i64,
        timeline: Option<&Timeline>,
        verdicts: &mut [Verdict],
    ) {
        self.decode_each(numbers, verdicts, |decoded| {
            self.judge_decoded(decoded, now_ms, timeline)
        });
    }

    /// What `judge` says of each, by the serial that it means or the reason why there is none.
    pub(crate) fn decode_each<T>(
        &self,
        numbers: &[TrackingNumber],
        out: &mut [T],
        judge: impl Fn(Decoded) -> T,
    ) {
        let mut decoded = [Err(Reason::Malformed); DECODED_AT_ONCE];
        for (numbers, out) in numbers
            .chunks(DECODED_AT_ONCE)
            .zip(out.chunks_mut(DECODED_AT_ONCE))
        {
            self.codec.decode_each(numbers, &mut decoded);
            for (out, decoded) in out.iter_mut().zip(&decoded[..numbers.len()]) {
                *out = judge(*decoded);
            }
        }
    }

    pub(crate) fn judge_decoded(
        &self,
        decoded: Decoded,
        now_ms: i64,
        timeline: Option<&Timeline>,
    ) -> Verdict {
        match decoded {
            Err(reason) => Verdict::Refused(reason),
            Ok(serial) => judge::judge(serial, self.created_at_ms, now_ms, timeline),
        }
    }

    /// The same while the store cannot be asked: `None` where only the store could tell, which is so
    /// for numbers that would be [`NotOfThisSeries`](crate::Reason::NotOfThisSeries) or
    /// [`InTheFuture`](crate::Reason::InTheFuture).
    ///
    /// `seen` is the newest snapshot of it, and how long ago it was taken: what could have been issued
    /// then still can. Where there is none, `now_ms` is this host's clock, in milliseconds since the
    /// Unix epoch.
    pub fn judge_unasked(
        &self,
        number: &TrackingNumber,
        now_ms: i64,
        seen: Option<(&Snapshot, Duration)>,
    ) -> Option<Verdict> {
        self.judge_decoded_unasked(self.codec.decode(number), now_ms, seen)
    }

    pub(crate) fn judge_decoded_unasked(
        &self,
        decoded: Decoded,
        now_ms: i64,
        seen: Option<(&Snapshot, Duration)>,
    ) -> Option<Verdict> {
        let (now_ms, timeline) = match seen {
            Some((seen, age)) => (seen.now_ms_after(age), seen.timeline.as_ref()),
            None => (now_ms, None),
        };
        match self.judge_decoded(decoded, now_ms, timeline) {
            Verdict::Refused(Reason::NotOfThisSeries | Reason::InTheFuture) => {
                // What is older than the series is refused whatever the store says.
                let whenever = self.judge_decoded(decoded, i64::MAX, None);
                matches!(whenever, Verdict::Refused(_)).then_some(whenever)
            }
            verdict => Some(verdict),
        }
    }

    /// The prefix, body and check character of a number of this series' format, if it has that
    /// shape; the check character may be wrong.
    pub fn split<'a>(&self, number: &'a TrackingNumber) -> Option<(&'a str, &'a str, &'a str)> {
        let prefix = self.prefix.as_str();
        let rest = number.as_str().strip_prefix(prefix)?;
        let (body, check) = rest.split_at_checked(crate::number::codec::BODY_LENGTH)?;
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
mod tests;
