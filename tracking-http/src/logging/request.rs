//! The line that each request leaves.

use std::time::Duration;

use warp::http::{Method, StatusCode};

use crate::request_id::RequestId;

/// Log an answer: `route` is the route's name, and `token` the name of the caller's token. Nothing else that
/// the client sent may become a field.
///
/// The target is one of its own, so that `RUST_LOG=info,tracking_http::request=off` leaves the rest.
pub(crate) fn log_request(
    id: &RequestId,
    route: &'static str,
    method: &Method,
    status: StatusCode,
    elapsed: Duration,
    token: Option<&str>,
) {
    tracing::info!(
        target: "tracking_http::request",
        id = id.as_str(),
        method = known(method),
        route,
        status = status.as_u16(),
        ms = elapsed.as_secs_f64() * 1_000.0,
        token,
        "answered"
    );
}

/// Log a request whose connection ended before there was an answer.
pub(crate) fn log_unanswered(
    id: &RequestId,
    route: &'static str,
    method: &Method,
    elapsed: Duration,
    token: Option<&str>,
) {
    tracing::info!(
        target: "tracking_http::request",
        id = id.as_str(),
        method = known(method),
        route,
        ms = elapsed.as_secs_f64() * 1_000.0,
        token,
        "unanswered"
    );
}

/// A method that HTTP knows. Others are whatever the client likes to write.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS
        | Method::TRACE
        | Method::CONNECT => method.as_str(),
        _ => "other",
    }
}
