//! The body of a request, read as a whole before anything else is done with it.

use std::error::Error;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use warp::reply::Response;

use crate::api::problem;
use crate::serve::limits::BODY_LENGTH_MAX;

/// Whether its Content-Length says so.
pub(crate) fn is_too_large(body: &Incoming) -> bool {
    body.size_hint().lower() > BODY_LENGTH_MAX as u64
}

/// All of it, or the answer to one that is too large or broken.
pub(crate) async fn whole(body: Incoming) -> Result<Full<Bytes>, Response> {
    match Limited::new(body, BODY_LENGTH_MAX).collect().await {
        Ok(body) => Ok(Full::new(body.to_bytes())),
        Err(error) => Err(refusal(&*error)),
    }
}

/// Throw it away as it comes, by the same rules: how many bytes it had.
pub(crate) async fn skip(body: Incoming) -> Result<usize, Response> {
    let mut body = Limited::new(body, BODY_LENGTH_MAX);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| refusal(&*error))?;
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    Ok(length)
}

fn refusal(error: &(dyn Error + Send + Sync + 'static)) -> Response {
    match error.is::<LengthLimitError>() {
        true => problem::body_too_large(),
        false => problem::broken_body(),
    }
}
