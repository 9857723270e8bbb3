//! The body of a request: is it JSON, and its bytes.

use std::future::poll_fn;
use std::pin::pin;

use warp::http::HeaderMap;
use warp::http::header::CONTENT_TYPE;
use warp::reply::Response;
use warp::{Buf, Stream};

use crate::problem;

/// The longest body.
const LENGTH_MAX: usize = 64 * 1024;

/// How much of a longer body is read and thrown away: a client that is still writing when the connection is
/// closed may never see the answer.
const DISCARDED_MAX: usize = 1024 * 1024;

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
    let mut length = 0;
    while let Some(part) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        // The client is gone, or broke HTTP: the answer reaches nobody.
        let mut part = part.map_err(|_| problem::malformed_body("it was not sent to its end"))?;
        length += part.remaining();
        if length > DISCARDED_MAX {
            break;
        }
        if length > LENGTH_MAX {
            bytes = Vec::new();
            continue;
        }
        while part.has_remaining() {
            let read = part.chunk().len();
            bytes.extend_from_slice(part.chunk());
            part.advance(read);
        }
    }
    if length > LENGTH_MAX {
        return Err(problem::body_too_large(LENGTH_MAX).into());
    }
    Ok(bytes)
}
