//! Whoever holds a token.

use std::sync::Arc;

#[cfg(feature = "console")]
use tracking_programs::tokens::TokenDigest;
use tracking_programs::tokens::{Scope, TokenEntry};

use crate::call::rate::Limiter;

/// Whoever holds a token of the file.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) entry: TokenEntry,
    /// If the name has a rate; shared by all who have this name.
    pub(super) limiter: Option<Arc<Limiter>>,
}

impl Caller {
    pub(crate) fn name(&self) -> &str {
        self.entry.name.as_str()
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.entry.scopes.contains(scope)
    }

    /// Of the token itself.
    #[cfg(feature = "console")]
    pub(crate) fn digest(&self) -> TokenDigest {
        self.entry.digest
    }

    pub(crate) fn limiter(&self) -> Option<&Limiter> {
        self.limiter.as_deref()
    }
}
