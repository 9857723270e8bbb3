//! What is counted and measured, for Prometheus.

use std::sync::Arc;

use warp::reply::Response;

use crate::api::answer;
use crate::api::app::App;
use crate::watch::metrics;

pub(super) async fn page(app: Arc<App>) -> Response {
    answer::text_of(app.metrics_page().await, metrics::CONTENT_TYPE)
}
