//! Is it alive, is it ready: for whatever restarts the server, and whatever sends it requests.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use warp::reply::Response;

use crate::api::answer;
use crate::api::app::App;
use crate::api::problem;

/// Alive is who answers. It asks nothing of the store, since a restart mends no store.
pub(super) fn live() -> Response {
    answer::text("alive\n")
}

/// Ready is who would answer with a number: one is reserved, or the store grants some. Who is to end
/// still would, but is to be sent nothing new.
pub(super) async fn ready(app: Arc<App>) -> Response {
    // Relaxed: it guards nothing.
    if app.ending().load(Ordering::Relaxed) {
        return problem::ending();
    }
    match app.is_ready().await {
        Ok(()) => answer::text("ready\n"),
        Err(error) => problem::no_number(error.retry_after),
    }
}
