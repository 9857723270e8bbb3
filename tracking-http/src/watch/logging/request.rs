//! The line that each request leaves.

use std::time::Duration;

use warp::http::{Method, StatusCode};

/// Log a request: its answer's status, or none where its connection ended before there was an answer. `method`
/// is a [known] one, `route` is the route's name, and `token` the name of the caller's token. Nothing else
/// that the client sent may become a field.
///
/// The target is one of its own, so that `RUST_LOG=info,tracking_http::request=off` leaves the rest.
pub(crate) fn log_request(
    id: &str,
    route: &'static str,
    method: &'static str,
    status: Option<StatusCode>,
    elapsed: Duration,
    token: Option<&str>,
) {
    tracing::info!(
        target: "tracking_http::request",
        message = if status.is_some() { "answered" } else { "unanswered" },
        id,
        method,
        route,
        status = status.map(|status| status.as_u16()),
        ms = elapsed.as_secs_f64() * 1_000.0,
        token,
    );
}

/// A method that HTTP knows. Others are whatever the client likes to write.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::CONNECT => "CONNECT",
        _ => "other",
    }
}
