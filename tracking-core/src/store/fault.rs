//! What became of a series that a program has open, in a store that hosts share.

use crate::number::prefix::Prefix;
use crate::series::opening::of_fingerprint;
use crate::series::{Fingerprint, SeriesName};

/// Why nothing more is granted from a series that somebody has taken away.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum SeriesFault {
    #[error(
        "expected the series with fingerprint {expected}, found {found}; somebody replaced it while this program ran, so nothing more is granted"
    )]
    Foreign {
        expected: Fingerprint,
        found: String,
    },
    #[error(
        "the series is gone, and cannot be written back, since the series `{taken_by}`{} now has its prefix {:?}",
        of_fingerprint(fingerprint), prefix.as_str()
    )]
    PrefixTaken {
        prefix: Prefix,
        taken_by: SeriesName,
        fingerprint: Option<String>,
    },
    /// Told only where it was written back in vain.
    #[error("the series vanished again as soon as it was written back")]
    Missing,
}

impl SeriesFault {
    /// Whether it stays so until somebody acts.
    pub(crate) fn lasts(&self) -> bool {
        match self {
            Self::Foreign { .. } | Self::PrefixTaken { .. } => true,
            Self::Missing => false,
        }
    }
}
