//! Whoever holds a token.

use std::sync::Arc;

use tracking_core::token::{Scope, Scopes, TokenEntry, TokenName, TokenRate};

use crate::rate::{Limiter, RateClock};

/// Whoever holds a token of the file.
#[derive(Debug)]
pub(crate) struct Caller {
    name: TokenName,
    scopes: Scopes,
    /// Shared by all who have this name.
    limiter: Option<Arc<Limiter>>,
}

impl Caller {
    /// The holder of an entry's token; `limiter` is that of its name and rate, if there is one already.
    pub(super) fn new(
        entry: &TokenEntry,
        limiter: Option<Arc<Limiter>>,
        clock: &RateClock,
    ) -> Self {
        let new = |rate| Arc::new(Limiter::new(rate, clock.clone()));
        Self {
            name: entry.name.clone(),
            scopes: entry.scopes,
            limiter: limiter.or_else(|| entry.rate.map(new)),
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

    /// The limiter, if this is the name and this the rate.
    pub(super) fn limiter_of(&self, name: &TokenName, rate: TokenRate) -> Option<Arc<Limiter>> {
        let limiter = self.limiter.as_ref()?;
        let same = self.name == *name && limiter.rate().rate() == rate;
        same.then(|| Arc::clone(limiter))
    }
}
