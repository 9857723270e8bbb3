//! The body of a request, which is read once: as a whole, or to be thrown away as it comes.

use std::error::Error;

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes};
use warp::reply::Response;

use crate::api::problems::Kind;
use crate::api::sizes::BODY_LENGTH_MAX;

/// Whether its Content-Length says so.
pub(super) fn is_too_large(body: &impl Body) -> bool {
    body.size_hint().lower() > BODY_LENGTH_MAX as u64
}

/// All of it, or the answer to one that is too large or broken.
pub(super) async fn whole<B>(body: B) -> Result<Bytes, Response>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    match Limited::new(body, BODY_LENGTH_MAX).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(refusal(&*error)),
    }
}

/// Throw it away as it comes, by the same rules: how many bytes it had.
pub(super) async fn skip<B>(body: B) -> Result<usize, Response>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Unpin,
{
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
        true => Kind::BodyTooLarge.answer(),
        false => Kind::BrokenBody.answer(),
    }
}
