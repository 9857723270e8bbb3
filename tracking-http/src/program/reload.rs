//! SIGHUP: read the tokens again.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::call::{App, Gate};
use crate::watch::aside::aside;
use crate::watch::metrics::{Metrics, TokensRead};

/// SIGHUP, caught from its creation on.
///
/// It never ends the server, not even without tokens to read again: a terminal that is closed, or a script
/// that tells all servers to read their files, should stop no issue of numbers.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// Catch it, instead of being killed by it. Call it within a Tokio runtime.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn new() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Read the tokens of an app again at each SIGHUP, for as long as it is polled.
    pub fn reload(mut self, app: &App) -> impl Future<Output = ()> + Send + use<> {
        let (gate, metrics) = (Arc::clone(app.gate()), Arc::clone(app.metrics()));
        async move {
            while self.0.recv().await.is_some() {
                let (gate, metrics) = (Arc::clone(&gate), Arc::clone(&metrics));
                // A file may be on a disk that hangs.
                if let Err(error) = aside(move || reload(&gate, &metrics)).await {
                    tracing::error!("reading the tokens again failed: {error}");
                }
            }
        }
    }
}

fn reload(gate: &Gate, metrics: &Metrics) {
    let result = gate.reload();
    let Some(count) = gate.count() else {
        tracing::info!("nothing to read again on SIGHUP, without --tokens");
        return;
    };
    match result {
        Ok(()) => {
            metrics.tokens_read(TokensRead::Taken);
            tracing::info!("read the tokens again: {count}");
            if let Some(warning) = gate.warning() {
                tracing::warn!("{warning}");
            }
        }
        Err(error) => {
            metrics.tokens_read(TokensRead::Refused);
            tracing::error!("the tokens stay as they were: {error}");
        }
    }
}
