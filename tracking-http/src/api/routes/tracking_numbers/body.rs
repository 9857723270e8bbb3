//! The body of a request: is it JSON, and its bytes.

use std::future::poll_fn;
use std::pin::pin;

use warp::http::HeaderMap;
use warp::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use warp::reply::Response;
use warp::{Buf, Stream};

use crate::api::problem;
use crate::serve::limits::BODY_LENGTH_MAX;

/// Whether the headers say once that the body is JSON, in UTF-8 if they say in what.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let mut parts = value.split(';').map(str::trim);
    let is_json = |essence: &str| essence.eq_ignore_ascii_case("application/json");
    parts.next().is_some_and(is_json)
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.trim_end().eq_ignore_ascii_case("charset") => charset
                .trim()
                .trim_matches('"')
                .eq_ignore_ascii_case("utf-8"),
            _ => true,
        })
}

/// Whether the headers say that the body is coded, in whatever way.
pub(super) fn is_coded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
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
