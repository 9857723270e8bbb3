//! What a server is made of.

use std::sync::Arc;

use tracking_core::{Desk, OpenStore};

use crate::call::cors::Origin;
use crate::call::gate::Gate;
use crate::watch::metrics::Metrics;

/// What answers requests: a desk, and who may have its numbers.
#[derive(Debug)]
pub struct App {
    pub(super) desk: Desk,
    pub(super) options: Options,
}

/// What an [`App`] does unless somebody says otherwise: it lets everybody in, and judges numbers by this host's
/// clock alone.
#[derive(Debug, Default)]
pub struct Options {
    /// Judge numbers by the state of this store, too, which must be the desk's own: more of those that were
    /// never issued are refused then, and what is in the future is told by the store's clock. `/metrics` shows
    /// that state.
    pub store: Option<Arc<dyn OpenStore>>,
    /// The origins whose pages may use the API in browsers.
    pub cors_origins: Vec<Origin>,
    /// Who is let in.
    pub gate: Arc<Gate>,
    /// Where is counted, beside what else is counted there: the reservations of an
    /// [`Observed`](crate::Observed) allocator.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// An app of its parts.
    pub fn new(desk: Desk, options: Options) -> Self {
        Self { desk, options }
    }

    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.options.gate
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.options.metrics
    }
}
