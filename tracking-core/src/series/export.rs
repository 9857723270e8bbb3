//! A series on its way from one store to another: key, format and timeline in one text.
//!
//! ```text
//!   source   living ──take──► moved: refuses every reservation, and gives the same export again and again
//!                               │ to_text, parse
//!   target   missing ───────────┴─import──► living, above everything that the source granted
//! ```
//!
//! The source ends in the one change of its state by which the export is fixed, and keeps what it is made of. So no
//! crash loses the series, and none leaves it in two places: before that change the source goes on, after it
//! nobody does until the export is imported.

use std::io;
use std::num::NonZeroU32;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::{Clock, SystemClock};
use crate::hex;
use crate::series::Series;
use crate::series::opening::{OpenError, Opening, SeriesOptions};
use crate::store::allocator::{AllocateError, OpenStore};
use crate::store::keep::{Moment, StepNotTaken};
use crate::store::open_store_with_clock;
use crate::store::timeline::{
    self, Arrival, History, MoveId, Moved, NoArrival, Timeline, TimelineError,
};
use crate::store::url::StoreUrl;

/// The version of the text; another one is refused.
const VERSION: u64 = 1;

/// A series that was moved out of its store.
///
/// **It holds the key**, as its text does: keep that as you keep a key. Its `Debug` output does not show it.
///
/// ```
/// use tracking_core::series::Export;
/// use tracking_core::{Allocator, SeriesOptions, open_store};
///
/// # let folder = tempfile::tempdir()?;
/// # let [old, new] = ["a", "b"].map(|name| format!("file:{}", folder.path().join(name).display()));
/// let source = open_store(&old.parse()?, &SeriesOptions::default())?;
/// let text = Export::take(&source)?.to_text();
/// // Nothing more is granted there, and the same can be taken again.
/// assert!(source.reserve(std::num::NonZeroU32::MIN).is_err());
/// assert_eq!(Export::take(&source)?.to_text(), text);
///
/// let imported = Export::parse(&text)?.import(&new.parse()?)?;
/// assert_eq!(imported.store.series().fingerprint(), source.series().fingerprint());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Export {
    series: Series,
    timeline: Timeline,
    moved: Moved,
    source: String,
}

/// The text: a line of JSON, with a digest of the rest of it, since a tick that is mistyped would let numbers repeat.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    digest: String,
    tracking_series_export: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u64,
    moved: Moved,
    source: String,
    series: Series,
    timeline: Timeline,
}

/// What every version's text has.
#[derive(Deserialize)]
struct Head {
    tracking_series_export: HeadContent,
}

#[derive(Deserialize)]
struct HeadContent {
    version: u64,
}

impl Content {
    fn digest(&self) -> String {
        // Texts and whole numbers: the conversion cannot fail.
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(&Sha256::digest(text))
    }
}

/// Why a text is no export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseExportError {
    /// It is something else, or a part of one.
    #[error(
        "expected an export of a series, found something else or a part of one; take the export again where it was made"
    )]
    Shape,
    /// Another version of this program wrote it.
    #[error(
        "expected version {VERSION} of an export, found {found}; it was written by a newer version of tracking: use that one"
    )]
    Version {
        /// The version that was found.
        found: u64,
    },
    /// It was changed since.
    #[error(
        "the export was changed since it was written: its digest is another; take it again where it was made"
    )]
    Changed,
}

/// Where an export was imported.
#[derive(Debug)]
pub struct Imported {
    /// The store, open.
    pub store: Box<dyn OpenStore>,
    /// What became of a state that was there; none where there was no such series.
    pub arrival: Option<Arrival>,
}

/// Why an export was not imported. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The series cannot be made or opened there.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The series is there.
    #[error("{store}: {source}")]
    There {
        /// The store, as a redacted URL.
        store: String,
        /// Why it does not go on there.
        source: NoArrival,
    },
}

impl From<AllocateError> for ImportError {
    fn from(error: AllocateError) -> Self {
        Self::Open(error.into())
    }
}

impl Export {
    /// Move the series out of a store: from now on nothing is granted there. Where that was done before, the same
    /// export is given once more.
    ///
    /// # Errors
    /// Whether the series was moved may be unknown then; take it again.
    pub fn take(store: &(impl OpenStore + ?Sized)) -> Result<Self, AllocateError> {
        let id = MoveId::try_random().map_err(|source| no_bits(store, source))?;
        let mut taken = None;
        store.change(&mut |state, moment| {
            let moved = Moved {
                id,
                at_ms: moment.now_ms,
            };
            taken = Some(depart(state, moment, moved));
        })?;
        let taken = taken.ok_or_else(|| AllocateError::refused(store, StepNotTaken))?;
        let (timeline, moved) = taken.map_err(|error| AllocateError::of_step(store, error))?;
        Ok(Self {
            series: store.series().clone(),
            timeline,
            moved,
            source: store.to_string(),
        })
    }

    /// The text of it: a line of JSON with its end.
    pub fn to_text(&self) -> String {
        let content = Content {
            version: VERSION,
            moved: self.moved,
            source: self.source.clone(),
            series: self.series.clone(),
            timeline: self.timeline.clone(),
        };
        let envelope = Envelope {
            digest: content.digest(),
            tracking_series_export: content,
        };
        let mut text = serde_json::to_string(&envelope).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The export that a text is.
    ///
    /// # Errors
    /// It is none, is another version's, or was changed.
    pub fn parse(text: &str) -> Result<Self, ParseExportError> {
        let envelope: Envelope =
            serde_json::from_str(text).map_err(|_| match serde_json::from_str(text) {
                Ok(Head {
                    tracking_series_export: HeadContent { version },
                }) if version > VERSION => ParseExportError::Version { found: version },
                _ => ParseExportError::Shape,
            })?;
        let content = envelope.tracking_series_export;
        if content.version != VERSION {
            let found = content.version;
            return Err(ParseExportError::Version { found });
        }
        if content.digest() != envelope.digest || content.timeline.moved().is_some() {
            return Err(ParseExportError::Changed);
        }
        let export = Self {
            series: content.series,
            timeline: content.timeline,
            moved: content.moved,
            source: content.source,
        };
        // What is read as the same and written otherwise was changed, too.
        match export.to_text().trim_end() == text.trim() {
            true => Ok(export),
            false => Err(ParseExportError::Changed),
        }
    }

    /// The series.
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// By which export it left its store, and when.
    pub fn moved(&self) -> Moved {
        self.moved
    }

    /// The store that it left, as a redacted URL.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Let the series go on in a store: above everything that was granted, in another lane behind a fence. The store
    /// has no series of this name, or it is this one and was moved away earlier; or it has been imported there
    /// already, and nothing is changed.
    ///
    /// No store knows of the others: imported into two, the series lives in two places at once.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn import(&self, url: &StoreUrl) -> Result<Imported, ImportError> {
        self.import_with_clock(url, Arc::new(SystemClock))
    }

    /// The same with a given clock as this host's.
    ///
    /// # Errors
    /// As [`import`](Self::import).
    pub fn import_with_clock(
        &self,
        url: &StoreUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Imported, ImportError> {
        let fresh = History::try_moved().map_err(|source| no_bits(url, source))?;
        let mut options = SeriesOptions::named(self.series.name().clone())
            .with_prefix(self.series.prefix())
            .with_key(self.series.key().clone())
            .created_at_ms(self.series.created_at_ms())
            .opening(Opening::New);
        options.timeline = Some(self.timeline.clone().continued(fresh.clone()));
        let own = self.series.fingerprint();
        match open_store_with_clock(url, &options, Arc::clone(&clock)) {
            Ok(store) => Ok(Imported {
                store,
                arrival: None,
            }),
            Err(OpenError::Exists { fingerprint, .. }) if fingerprint == own => {
                options = options.opening(Opening::Existing);
                let store = open_store_with_clock(url, &options, clock)?;
                let arrival = self.arrive(&*store, &fresh)?;
                Ok(Imported {
                    store,
                    arrival: Some(arrival),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn arrive(&self, store: &dyn OpenStore, fresh: &History) -> Result<Arrival, ImportError> {
        let mut came = None;
        store.change(&mut |state, _| {
            came = Some(match state {
                Some(state) => state.arrive(&self.timeline, self.moved.id, fresh.clone()),
                // Somebody made it from its key, and may grant from it any moment.
                None => Err(NoArrival::Alive),
            });
        })?;
        let came = came.ok_or_else(|| AllocateError::refused(store, StepNotTaken))?;
        let arrival = came.map_err(|source| ImportError::There {
            store: store.to_string(),
            source,
        })?;
        if arrival == Arrival::CameBack {
            // The first step takes the lane, and grants nothing yet: so the fence passes while the caller gets going.
            // Should it fail, the next reservation is the first.
            let _ = store.reserve(NonZeroU32::MIN);
        }
        Ok(arrival)
    }
}

/// End a state, which a store that has just been made may not have yet: its first step writes one down.
fn depart(
    state: &mut Option<Timeline>,
    moment: &Moment<'_>,
    moved: Moved,
) -> Result<(Timeline, Moved), TimelineError> {
    if state.is_none() {
        timeline::step(state, &moment.request(NonZeroU32::MIN, None))?;
    }
    let departed = state.take().map(|state| state.depart(moved));
    let known = departed.as_ref().and_then(|state| {
        let moved = state.moved()?;
        Some((state.clone().with_moved(None), moved))
    });
    *state = departed;
    known.ok_or(TimelineError::ClockOutOfRange {
        now_ms: moment.now_ms,
    })
}

/// That a series was not moved away: for programs that issue, before they begin.
///
/// # Errors
/// It was, or its store cannot be read.
pub fn is_here(store: &(impl OpenStore + ?Sized)) -> Result<(), AllocateError> {
    let snapshot = store.snapshot()?;
    let moved = snapshot.timeline.as_ref().and_then(Timeline::moved);
    moved.map_or(Ok(()), |moved| {
        Err(AllocateError::of_step(store, TimelineError::Moved(moved)))
    })
}

/// Let a series that was moved away go on in its old store after all, in another lane behind a fence. Answers by which
/// export it had left; none where it was not moved, and nothing was changed.
///
/// **Numbers repeat if its export was imported elsewhere**, or is imported later: then the series lives in two places
/// at once.
///
/// # Errors
/// The state could not be read or written.
pub fn reopen(store: &(impl OpenStore + ?Sized)) -> Result<Option<Moved>, AllocateError> {
    let fresh = History::try_moved().map_err(|source| no_bits(store, source))?;
    let mut left = None;
    store.change(&mut |state, moment| {
        left = state.as_ref().and_then(Timeline::moved);
        if left.is_some() {
            let moved = state.take();
            *state = moved.map(|state| state.reopened(moment.now_ms, fresh.clone()));
        }
    })?;
    if left.is_some() {
        // Takes the lane, as an import does.
        let _ = store.reserve(NonZeroU32::MIN);
    }
    Ok(left)
}

fn no_bits(store: impl std::fmt::Display, source: io::Error) -> AllocateError {
    let text = format!("cannot name the export: the system has no random bits: {source}");
    AllocateError::unavailable(store, text)
}

#[cfg(test)]
mod tests;
