//! Entries by the page: what is asked for, and where a page ends.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tracking_core::order::{Country, CustomerId};

use crate::entry::Entry;
use crate::names::{Reference, RequestId, TokenName};

/// Which entries are listed: those for which everything that is given holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this customer. Has an index.
    pub customer_id: Option<CustomerId>,
    /// With this reference. Has an index.
    pub reference: Option<Reference>,
    /// Of this request. Has an index.
    pub request_id: Option<RequestId>,
    /// From this country.
    pub origin_country_id: Option<Country>,
    /// To this country.
    pub destination_country_id: Option<Country>,
    /// Asked for with a token of this name.
    pub token: Option<TokenName>,
    /// Issued at this time or later: milliseconds since 1970-01-01T00:00:00Z.
    pub from_ms: Option<i64>,
    /// Issued before this time.
    pub to_ms: Option<i64>,
}

impl Filter {
    /// Eight bytes that differ between filters.
    fn digest(&self) -> [u8; 8] {
        // The derived form quotes and escapes every text: no two filters have the same.
        let digest: [u8; 32] = Sha256::digest(format!("{self:?}")).into();
        let mut start = [0; 8];
        start.copy_from_slice(&digest[..8]);
        start
    }
}

/// How many entries a page has at most: 1 to 1,000. What is outside is taken as the nearest inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(NonZeroUsize);

impl PageLimit {
    /// The most.
    pub const MAX: usize = 1_000;

    /// The nearest limit.
    #[must_use]
    pub fn nearest(limit: usize) -> Self {
        Self(NonZeroUsize::new(limit.min(Self::MAX)).unwrap_or(NonZeroUsize::MIN))
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> usize {
        self.0.get()
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self::nearest(100)
    }
}

/// Entries, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most as many as were asked for; fewer, and even none, where many had to be looked at.
    pub entries: Vec<Entry>,
    /// Where to go on. Only where it is missing the list is at its end.
    pub next: Option<Cursor>,
}

/// Where a page ended. Its text is opaque, of `A-Za-z0-9_-`; it grants nothing, and goes with the filter that it was
/// made for alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    below: i64,
    filter: [u8; 8],
}

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a cursor as a page gave it")]
#[non_exhaustive]
pub struct ParseCursorError;

/// The layout of a cursor's bytes: this, the id, the filter's digest.
const VERSION: u8 = 1;

impl Cursor {
    /// A page ended, of a list with this filter, and the next has the entries whose id is below this one.
    #[must_use]
    pub fn new(below: i64, filter: &Filter) -> Self {
        Self {
            below,
            filter: filter.digest(),
        }
    }

    /// The id of an entry, as the ledger counts them: the next page has those below.
    #[must_use]
    pub fn below(&self) -> i64 {
        self.below
    }

    /// Whether it goes with a filter.
    #[must_use]
    pub fn is_of(&self, filter: &Filter) -> bool {
        self.filter == filter.digest()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [VERSION; 17];
        bytes[1..9].copy_from_slice(&self.below.to_be_bytes());
        bytes[9..].copy_from_slice(&self.filter);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, ParseCursorError> {
        let mut bytes = [0; 17];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(17) if bytes[0] == VERSION => {}
            _ => return Err(ParseCursorError),
        }
        let [_, id @ .., _, _, _, _, _, _, _, _] = bytes;
        let [_, _, _, _, _, _, _, _, _, filter @ ..] = bytes;
        Ok(Self {
            below: i64::from_be_bytes(id),
            filter,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let filter = Filter {
            from_ms: Some(1),
            ..Filter::default()
        };
        for below in [0, 1, i64::MAX] {
            let cursor = Cursor::new(below, &filter);
            let read: Cursor = cursor.to_string().parse().unwrap();
            assert_eq!(read, cursor);
            assert!(read.is_of(&filter) && !read.is_of(&Filter::default()));
        }
    }

    #[test]
    fn other_texts_are_no_cursor() {
        let cursor = Cursor::new(7, &Filter::default()).to_string();
        for text in [
            "",
            "x",
            &cursor[1..],
            &format!("{cursor}A"),
            &cursor.replacen('A', "B", 1),
            "%",
            &"A".repeat(1000),
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(ParseCursorError), "{text}");
        }
    }

    #[test]
    fn a_limit_is_the_nearest() {
        for (asked, limit) in [
            (0, 1),
            (1, 1),
            (1_000, 1_000),
            (1_001, 1_000),
            (usize::MAX, 1_000),
        ] {
            assert_eq!(PageLimit::nearest(asked).count(), limit);
        }
    }
}
