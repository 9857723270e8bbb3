//! Is it alive, is it ready, which version is it, what does it count: for whatever watches over the server.

use std::sync::Arc;

use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::Kind;
use crate::api::state::{Api, READY_DEADLINE};
use crate::watch::metrics;

/// Alive is who answers. It asks nothing of the store, since a restart mends no store.
pub(super) fn live() -> Response {
    answer::text("alive\n")
}

/// Which version of the program answers.
pub(super) fn version() -> Response {
    answer::text(concat!(env!("CARGO_PKG_VERSION"), "\n"))
}

/// Ready is who would answer with a number: one is reserved, or the store grants some. Who is to end
/// still would, but is to be sent nothing new.
pub(super) fn ready(api: &Arc<Api>, _: Asked) -> Answer {
    if api.is_ending() {
        return Kind::Ending.answer().into();
    }
    let api = Arc::clone(api);
    Answer::later(async move {
        if let Some(ledger) = api.ledger()
            && !ledger.is_well(READY_DEADLINE).await
        {
            return Kind::LedgerUnavailable.answer();
        }
        match api.is_ready().await {
            Ok(()) => answer::text("ready\n"),
            Err(error) => error.answer(),
        }
    })
}

/// What is counted and measured, for Prometheus.
pub(super) fn metrics(api: &Arc<Api>, _: Asked) -> Answer {
    let api = Arc::clone(api);
    Answer::later(async move { answer::of(api.metrics_page().await, metrics::CONTENT_TYPE) })
}
