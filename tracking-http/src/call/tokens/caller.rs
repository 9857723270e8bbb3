//! Whoever holds a token.

use std::sync::Arc;

use tracking_programs::tokens::{Scope, Scopes, TokenEntry, TokenName};

use crate::call::rate::Limiter;

/// Whoever holds a token of the file.
#[derive(Debug)]
pub(crate) struct Caller {
    name: TokenName,
    scopes: Scopes,
    /// Shared by all who have this name.
    limiter: Option<Arc<Limiter>>,
}

impl Caller {
    /// The holder of an entry's token; `limiter` is that of its name, if it has a rate.
    pub(super) fn new(entry: &TokenEntry, limiter: Option<Arc<Limiter>>) -> Self {
        Self {
            name: entry.name.clone(),
            scopes: entry.scopes,
            limiter,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_str()
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(scope)
    }

    pub(crate) fn limiter(&self) -> Option<&Limiter> {
        self.limiter.as_deref()
    }

    pub(super) fn token_name(&self) -> &TokenName {
        &self.name
    }

    /// The limiter, for others of the name.
    pub(super) fn shared_limiter(&self) -> Option<&Arc<Limiter>> {
        self.limiter.as_ref()
    }
}
