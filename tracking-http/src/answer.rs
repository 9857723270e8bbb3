//! Answers, each with `Cache-Control: no-store`.

use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// An answer with a body that is JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    headed(
        Response::new(body.into()),
        StatusCode::OK,
        "application/json",
    )
}

/// An answer with a body that is text.
pub(crate) fn text(body: &'static str) -> Response {
    headed(
        Response::new(body.into()),
        StatusCode::OK,
        "text/plain; charset=utf-8",
    )
}

/// The status, and the headers that every answer has.
pub(crate) fn headed(
    mut answer: Response,
    status: StatusCode,
    content_type: &'static str,
) -> Response {
    *answer.status_mut() = status;
    let headers: &mut HeaderMap = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
