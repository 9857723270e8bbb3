//! The body of a request: is it JSON, and its bytes.

use std::future::poll_fn;
use std::pin::pin;

use warp::http::HeaderMap;
use warp::http::header::CONTENT_TYPE;
use warp::reply::Response;
use warp::{Buf, Stream};

use crate::limits::BODY_LENGTH_MAX;
use crate::problem;

/// Whether the headers say that the body is JSON, with whatever parameters.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// The bytes of a body, or the problem to answer.
pub(super) async fn read(
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Result<Vec<u8>, Box<Response>> {
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(part) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        // The client is gone, or broke HTTP: the answer reaches nobody.
        let mut part = part.map_err(|_| problem::malformed_body("it was not sent to its end"))?;
        // The connection sees to it first; behind another one, this does.
        if bytes.len() + part.remaining() > BODY_LENGTH_MAX {
            return Err(problem::body_too_large().into());
        }
        while part.has_remaining() {
            let read = part.chunk().len();
            bytes.extend_from_slice(part.chunk());
            part.advance(read);
        }
    }
    Ok(bytes)
}
