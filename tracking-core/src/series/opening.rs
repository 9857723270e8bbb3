//! Which series to open or make in a store, and why that may fail: what all stores share.
//!
//! ```text
//!   SeriesOptions ──► the store looks for its series
//!                       │ there                          │ missing
//!                       ▼                                ▼
//!                     `check`: name, key and prefix    a local store: `local_series`, of a random key
//!                     are what was asked for?          a shared one: only with a key, or when told
//!                       │ yes        │ no                │
//!                       ▼            ▼                   ▼
//!                     open it      an error, which     `new_series`, written so that of two who make
//!                                  says which          it one wins; who lost begins again
//! ```
//!
//! | | there | missing, in a local store | missing, in one that hosts share |
//! |---|---|---|---|
//! | `Existing` | open | error: missing | error: missing |
//! | `OrCreate` | open | make; with a key: error | with a key: make; else error: missing |
//! | `New` | error: exists | make | make |
//!
//! How a file does it is told in `store/file/open.rs` and `store/file/create.rs`, how Redis does in
//! `store/redis/open.rs`, and MySQL in `store/mysql/open.rs`.

use crate::number::key::Key;
use crate::number::prefix::Prefix;
use crate::remedy::Remedy;
use crate::rfc3339;
use crate::series::{Fingerprint, Series, SeriesName};
use crate::store::allocator::AllocateError;
use crate::store::timeline::{TOLERATED_SKEW_MS, Timeline};

/// Which series to open in a store, and what to do where it is missing.
///
/// ```
/// use tracking_core::{Opening, SeriesOptions, open_store};
///
/// let options = SeriesOptions::named("eu".parse()?)
///     .with_prefix("EU".parse()?)
///     .opening(Opening::New);
/// let store = open_store(&"memory:".parse()?, &options)?;
/// assert_eq!(store.series().prefix().as_str(), "EU");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SeriesOptions {
    /// The name; `default` unless set.
    pub name: SeriesName,
    /// The prefix: that of a series to be made, and what an existing one must have.
    pub prefix: Option<Prefix>,
    /// The key: that of a series to be made, and what an existing one must have.
    pub key: Option<Key>,
    /// When the series was created, in milliseconds since the Unix epoch, where one is restored;
    /// not in the future.
    pub created_at_ms: Option<i64>,
    /// What was granted of a series elsewhere, where one is to be made that goes on after that: see
    /// [`Export`](super::Export).
    pub timeline: Option<Timeline>,
    /// What to do where the series is missing, or is there already.
    pub opening: Opening,
}

impl SeriesOptions {
    /// The options to open a series of this name, of any prefix and key.
    pub fn named(name: SeriesName) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// With this prefix.
    #[must_use]
    pub fn with_prefix(mut self, prefix: Prefix) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// With this key.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Created then, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn created_at_ms(mut self, created_at_ms: i64) -> Self {
        self.created_at_ms = Some(created_at_ms);
        self
    }

    /// To be made, or opened as it is.
    #[must_use]
    pub fn opening(mut self, opening: Opening) -> Self {
        self.opening = opening;
        self
    }
}

/// What to do where a series is missing, or is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Opening {
    /// Open it if it is there. If not, a local store creates it with a random key; a store that
    /// hosts share creates it only where a key was given.
    #[default]
    OrCreate,
    /// Open it if it is there; else an error. Nothing is written, but for a prefix that a store
    /// which hosts share has lost the register of.
    Existing,
    /// Create it, with the given key or else a random one; an error if it is there.
    New,
}

impl SeriesOptions {
    /// The series to make where there is none: what was not given is random, and it was created
    /// now. One that is brought back with a given key and no time of creation may be as old as the
    /// epoch, so that no number of it is refused.
    ///
    /// # Errors
    /// [`OpenError::CreatedInFuture`], since every number would be refused as older than that. A
    /// clock that differs from ours by as little as stores may is taken, and its time for now.
    /// [`OpenError::Store`], where the system has no random bits.
    pub(crate) fn new_series(&self, store: &str, now_ms: i64) -> Result<Series, OpenError> {
        let latest_ms = now_ms.saturating_add_unsigned(TOLERATED_SKEW_MS);
        if let Some(created_at_ms) = self.created_at_ms.filter(|created| *created > latest_ms) {
            return Err(OpenError::CreatedInFuture {
                store: store.to_owned(),
                created_at_ms,
                now_ms,
            });
        }
        let unknown_ms = match self.key {
            Some(_) => crate::number::serial::EPOCH_MS,
            None => now_ms,
        };
        let no_bits = |source| {
            OpenError::from(AllocateError::unavailable(
                store,
                format!("cannot make a key: the system has no random bits: {source}"),
            ))
        };
        let prefix = match (self.prefix, &self.key) {
            (Some(prefix), _) => prefix,
            // Of two processes that are given the same key, either may have to make the
            // series: both must mean the same one.
            (None, Some(key)) => Prefix::derived(key),
            (None, None) => Prefix::try_random().map_err(no_bits)?,
        };
        let key = match &self.key {
            Some(key) => key.clone(),
            None => Key::try_random().map_err(no_bits)?,
        };
        Ok(Series::new(
            self.name.clone(),
            prefix,
            key,
            self.created_at_ms.unwrap_or(unknown_ms).min(now_ms),
        ))
    }

    /// The series that a local store makes where there is none: it takes no key from elsewhere, unless it was
    /// told to make just that series.
    ///
    /// # Errors
    /// [`OpenError::Missing`], [`OpenError::LocalKey`], and those of [`new_series`](Self::new_series).
    pub(crate) fn local_series(&self, store: &str, now_ms: i64) -> Result<Series, OpenError> {
        match self.opening {
            Opening::Existing => Err(OpenError::missing(store, &self.name)),
            Opening::OrCreate if self.key.is_some() => Err(OpenError::LocalKey {
                store: store.to_owned(),
            }),
            Opening::OrCreate | Opening::New => self.new_series(store, now_ms),
        }
    }

    /// Check a series that was found against what was asked for.
    pub(crate) fn check(&self, store: &str, found: &Series) -> Result<(), OpenError> {
        if found.name() != &self.name {
            return Err(OpenError::Name {
                store: store.to_owned(),
                expected: self.name.clone(),
                found: found.name().clone(),
            });
        }
        if let Some(key) = &self.key {
            let expected = Fingerprint::of(self.prefix.unwrap_or(found.prefix()), key);
            if expected != found.fingerprint() {
                return Err(OpenError::Fingerprint {
                    store: store.to_owned(),
                    expected,
                    found: found.fingerprint(),
                });
            }
        }
        match self.prefix {
            Some(expected) if expected != found.prefix() => Err(OpenError::Prefix {
                store: store.to_owned(),
                expected,
                found: found.prefix(),
            }),
            _ => Ok(()),
        }
    }
}

/// Why a series could not be opened.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such series.
    #[error(
        "{store}: there is no series `{series}`; create it, or restore one that was lost from its key"
    )]
    Missing {
        /// The store, as a redacted URL.
        store: String,
        /// The series that was asked for.
        series: SeriesName,
    },
    /// A series that was to be created is there already.
    #[error("{store}: the series `{series}` exists already, with fingerprint {fingerprint}")]
    Exists {
        /// The store, as a redacted URL.
        store: String,
        /// The series that was to be created.
        series: SeriesName,
        /// The fingerprint of the one that is there.
        fingerprint: Fingerprint,
    },
    /// The store, which holds one series, holds another.
    #[error(
        "{store}: expected the series `{expected}`, found `{found}`; name another store, or that series"
    )]
    Name {
        /// The store, as a redacted URL.
        store: String,
        /// The series that was asked for.
        expected: SeriesName,
        /// The series that is there.
        found: SeriesName,
    },
    /// The series has another prefix.
    #[error(
        "{store}: expected the prefix {:?}, found {:?}; a series' prefix never changes, so ask for none, or name another series",
        expected.as_str(), found.as_str()
    )]
    Prefix {
        /// The store, as a redacted URL.
        store: String,
        /// The prefix that was asked for.
        expected: Prefix,
        /// The prefix that is there.
        found: Prefix,
    },
    /// The series has another key or format.
    #[error(
        "{store}: expected the series with fingerprint {expected}, found {found}; under another key or prefix the same serials become other numbers, so nothing was opened"
    )]
    Fingerprint {
        /// The store, as a redacted URL.
        store: String,
        /// That of the key that was given.
        expected: Fingerprint,
        /// That of the series that is there.
        found: Fingerprint,
    },
    /// A key was given for a local store that has no series yet.
    #[error(
        "{store}: there is no series, and a local store makes its own key: a key that was copied into two files is a series in two places at once; give no key, or restore a lost series from its key"
    )]
    LocalKey {
        /// The store, as a redacted URL.
        store: String,
    },
    /// Another series of the store has that prefix.
    #[error(
        "{store}: the prefix {:?} is taken by the series `{taken_by}`{}; choose another", prefix.as_str(),
        of_fingerprint(fingerprint)
    )]
    PrefixTaken {
        /// The store, as a redacted URL.
        store: String,
        /// The prefix that was asked for.
        prefix: Prefix,
        /// The series that has it: it may be one of the same name and of another key.
        taken_by: SeriesName,
        /// The fingerprint of that series, 16 hexadecimal digits, where it is known.
        fingerprint: Option<String>,
    },
    /// A series was to be made with a creation that is still to come.
    #[error(
        "{store}: expected a creation by now ({}), found {}; every number would be refused as older than its series, so give the time when the series was first made, or set the clock right",
        rfc3339::utc(*now_ms), rfc3339::utc(*created_at_ms)
    )]
    CreatedInFuture {
        /// The store, as a redacted URL.
        store: String,
        /// The creation that was given, in milliseconds since the Unix epoch.
        created_at_ms: i64,
        /// The clock, in milliseconds since the Unix epoch.
        now_ms: i64,
    },
    /// This build cannot use such a store.
    #[error(
        "{store}: this program was built without the feature `{feature}`; build it with `--features {feature}`, or name another store"
    )]
    NotBuiltIn {
        /// The store, as a redacted URL.
        store: String,
        /// The Cargo feature that is missing.
        feature: &'static str,
    },
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] AllocateError),
}

/// A fingerprint as an addition to a name, where it is known.
pub(crate) fn of_fingerprint(fingerprint: &Option<String>) -> String {
    let shown = fingerprint
        .as_ref()
        .map(|print| format!(" with fingerprint {print}"));
    shown.unwrap_or_default()
}

impl OpenError {
    /// What can be done about it, where a program has a way of its own for that.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Missing { .. } => Some(Remedy::CreateSeries),
            Self::Name { .. } => Some(Remedy::NameSeries),
            Self::Prefix { .. } => Some(Remedy::LeavePrefixOut),
            Self::LocalKey { .. } => Some(Remedy::RestoreSeries),
            Self::Store(error) => error.remedy(),
            _ => None,
        }
    }

    pub(crate) fn missing(store: impl std::fmt::Display, series: &SeriesName) -> Self {
        Self::Missing {
            store: store.to_string(),
            series: series.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::EPOCH_MS;

    #[test]
    fn a_creation_that_is_still_to_come_is_refused() {
        let now_ms = EPOCH_MS + 1_000_000;
        let made = |created_at_ms| {
            let options = SeriesOptions {
                created_at_ms: Some(created_at_ms),
                ..SeriesOptions::default()
            };
            let series = options.new_series("memory:", now_ms);
            series
                .map(|series| series.created_at_ms())
                .map_err(|error| error.to_string())
        };
        // A coarse clock, or another host's, may be behind a little.
        for (given, taken) in [
            (EPOCH_MS, EPOCH_MS),
            (now_ms, now_ms),
            (now_ms + 500, now_ms),
        ] {
            assert_eq!(made(given), Ok(taken));
        }
        assert_eq!(
            made(now_ms + 501).unwrap_err(),
            "memory:: expected a creation by now (2025-01-01T00:16:40.000Z), found \
             2025-01-01T00:16:40.501Z; every number would be refused as older than its series, so \
             give the time when the series was first made, or set the clock right"
        );
        assert!(made(i64::MAX).is_err());
    }
}
