//! What a server is made of.

use std::sync::Arc;

use tracking_core::Desk;
use tracking_ledger::Recorder;

use crate::call::cors::Origin;
use crate::call::gate::Gate;
use crate::watch::metrics::Metrics;

/// What answers requests: a desk, and who may have its numbers.
#[derive(Debug)]
pub struct App {
    pub(super) desk: Desk,
    pub(super) options: Options,
}

/// What an [`App`] does unless somebody says otherwise: it lets everybody in. Numbers are judged by the state of
/// the desk's store, where that [can be looked at](Desk::store), and by this host's clock alone else.
#[derive(Debug, Default)]
pub struct Options {
    /// Record each number here before it is answered, and let requests be sent again with their
    /// `Idempotency-Key`.
    pub ledger: Option<Recorder>,
    /// The origins whose pages may use the API in browsers.
    pub cors_origins: Vec<Origin>,
    /// Who is let in.
    pub gate: Arc<Gate>,
    /// Serve the pages of the console at `/console`, too.
    #[cfg(feature = "console")]
    pub console: bool,
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
