//! Why nothing was reserved.

use std::error::Error;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

use crate::remedy::Remedy;
use crate::store::timeline::TimelineError;

/// Why a reservation granted nothing.
///
/// Its text ends with that of its source; [`source`](Error::source) is what that one was made of, so that a
/// report of the whole chain says nothing twice.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AllocateError {
    /// The timeline grants nothing at this moment. No fault: ask again after the time named.
    NotYet {
        /// How long to wait.
        after: Duration,
    },
    /// A clock is wrong.
    Clock {
        /// The store, as a redacted URL.
        store: String,
        /// Which clock, and how.
        source: TimelineError,
    },
    /// The store cannot be reached or is busy; it may be tried again.
    Unavailable {
        /// The store, as a redacted URL.
        store: String,
        /// What went wrong.
        source: Arc<dyn Error + Send + Sync>,
        /// What can be done about it, where a program has a way of its own for that.
        remedy: Option<Remedy>,
    },
    /// The store must not be used as it is; trying again helps only once somebody has acted.
    Refused {
        /// The store, as a redacted URL.
        store: String,
        /// What is wrong, and what to do.
        source: Arc<dyn Error + Send + Sync>,
        /// What can be done about it, where a program has a way of its own for that.
        remedy: Option<Remedy>,
    },
}

impl Display for AllocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { after } => {
                let after_ms = after.as_millis();
                write!(f, "nothing can be reserved yet; ask again in {after_ms} ms")
            }
            Self::Clock { store, source } => write!(f, "{store}: {source}"),
            Self::Unavailable { store, source, .. } | Self::Refused { store, source, .. } => {
                write!(f, "{store}: {source}")
            }
        }
    }
}

impl Error for AllocateError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotYet { .. } => None,
            Self::Clock { source, .. } => source.source(),
            Self::Unavailable { source, .. } | Self::Refused { source, .. } => source.source(),
        }
    }
}

impl AllocateError {
    /// An [`Unavailable`](Self::Unavailable) of its parts.
    pub fn unavailable(
        store: impl Display,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable {
            store: store.to_string(),
            source: source.into().into(),
            remedy: None,
        }
    }

    /// A [`Refused`](Self::Refused) of its parts.
    pub fn refused(store: impl Display, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Refused {
            store: store.to_string(),
            source: source.into().into(),
            remedy: None,
        }
    }

    /// That of a store's own fault: refused where it lasts until somebody acts, else unavailable.
    pub(crate) fn of_fault(
        store: impl Display,
        fault: impl Into<Box<dyn Error + Send + Sync>>,
        lasts: bool,
        remedy: Option<Remedy>,
    ) -> Self {
        let error = match lasts {
            true => Self::refused(store, fault),
            false => Self::unavailable(store, fault),
        };
        error.with_remedy(remedy)
    }

    /// With what can be done about it, where a program has a way of its own for that.
    #[must_use]
    pub fn with_remedy(mut self, known: Option<Remedy>) -> Self {
        if let Self::Unavailable { remedy, .. } | Self::Refused { remedy, .. } = &mut self {
            *remedy = known;
        }
        self
    }

    /// What can be done about it, where a program has a way of its own for that.
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            Self::Unavailable { remedy, .. } | Self::Refused { remedy, .. } => *remedy,
            Self::NotYet { .. } | Self::Clock { .. } => None,
        }
    }

    /// That of a step: a clock's, unless the series is no longer here.
    pub(crate) fn of_step(store: impl Display, source: TimelineError) -> Self {
        match source {
            TimelineError::Moved(_) => Self::refused(store, source),
            source => Self::Clock {
                store: store.to_string(),
                source,
            },
        }
    }

    /// The kind of the error in one word, for a metric or a log: `not-yet`, `clock`,
    /// `unavailable` or `refused`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotYet { .. } => "not-yet",
            Self::Clock { .. } => "clock",
            Self::Unavailable { .. } => "unavailable",
            Self::Refused { .. } => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the disk is gone")]
    struct Inner;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot write")]
    struct Outer(#[source] Inner);

    #[test]
    fn a_chain_says_nothing_twice() {
        let error = AllocateError::unavailable("file:x", Outer(Inner));
        assert_eq!(error.to_string(), "file:x: cannot write");
        let chain: Vec<_> = std::iter::successors(error.source(), |error| (*error).source())
            .map(ToString::to_string)
            .collect();
        assert_eq!(chain, ["the disk is gone"]);
        assert!(AllocateError::refused("file:x", Inner).source().is_none());
    }
}
