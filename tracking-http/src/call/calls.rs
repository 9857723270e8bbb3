//! What all calls of a server share, and what those of a connection do.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::api::state::{Api, TokensInForce};
use crate::api::{Endpoints, TABLES, Turns};
use crate::call::app::{App, Options};
use crate::call::cors::Cors;
use crate::call::gate::Gate;
#[cfg(feature = "console")]
use crate::console::SAMPLE_EVERY;
use crate::watch::metrics::{Metrics, OpenConnection};

/// How many requests and batches there may be at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// Requests that wait, for numbers or for their own bodies.
    pub(crate) in_flight_max: u32,
    /// Long answers that are on their way.
    pub(crate) batches_max: u32,
    /// The threads that make them.
    pub(crate) threads: usize,
}

/// What all calls of a server share.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(super) endpoints: Endpoints,
    pub(super) gate: Arc<Gate>,
    /// None where no page of another origin may use the API.
    pub(super) cors: Option<Cors>,
    pub(super) metrics: Arc<Metrics>,
    /// For those who wait.
    pub(super) places: Semaphore,
}

impl Calls {
    pub(crate) fn new(app: App, crowd: Crowd) -> Self {
        let Options {
            ledger,
            cors_origins,
            gate,
            metrics,
            #[cfg(feature = "console")]
            console,
        } = app.options;
        let turns = Turns::new(crowd.batches_max, crowd.threads);
        let in_force = {
            let gate = Arc::clone(&gate);
            TokensInForce(Box::new(move || gate.tokens_in_force()))
        };
        let counted = Arc::clone(&metrics);
        let api = Api::new(app.desk, ledger, counted, turns, TABLES, in_force);
        #[cfg(feature = "console")]
        let api = if console { api.with_console() } else { api };
        Self {
            endpoints: Endpoints::new(api),
            gate,
            cors: Cors::of(&cors_origins),
            metrics,
            places: Semaphore::new(crowd.in_flight_max as usize),
        }
    }

    /// Take samples for the console's plots, for as long as it is polled; without a console there is nothing to do.
    pub(crate) async fn watch(&self) {
        #[cfg(feature = "console")]
        if self.endpoints.api().has_console() {
            let mut ticks = tokio::time::interval(SAMPLE_EVERY);
            loop {
                ticks.tick().await;
                self.endpoints.api().sample();
            }
        }
        std::future::pending().await
    }

    /// The server is to end.
    pub(crate) fn end(&self) {
        self.endpoints.api().end();
    }
}

/// An open connection. A call refers to its own, not to what is shared, since a count that all threads change
/// would be moved from core to core with each request.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) calls: Arc<Calls>,
    pub(super) peer: Option<IpAddr>,
    pub(super) _open: OpenConnection,
}
