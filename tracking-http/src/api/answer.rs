//! Answers, each with `Cache-Control: no-store` and `X-Content-Type-Options: nosniff`.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::Bytes;
use warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use warp::http::{HeaderMap, StatusCode};
use warp::reply::Response;

/// An answer that is there, or that must be waited for.
///
/// Nearly all are there: so a request carries no state machine with it that holds all that waiting
/// would need, which is large and would be moved about.
pub(crate) enum Answer {
    Now(Response),
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl Answer {
    pub(crate) fn later(answer: impl Future<Output = Response> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }
}

impl From<Response> for Answer {
    fn from(answer: Response) -> Self {
        Self::Now(answer)
    }
}

impl Future for Answer {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        match &mut *self {
            Self::Now(answer) => Poll::Ready(mem::take(answer)),
            Self::Later(answer) => answer.as_mut().poll(context),
        }
    }
}

/// As many headers as nearly every answer has at most.
const HEADERS: usize = 6;

/// An answer with a body that is JSON.
pub(crate) fn json(body: impl Into<Bytes>) -> Response {
    of(body, "application/json")
}

/// An answer with a body that is text.
pub(crate) fn text(body: impl Into<Bytes>) -> Response {
    of(body, "text/plain; charset=utf-8")
}

/// An answer with a body of some type.
pub(crate) fn of(body: impl Into<Bytes>, content_type: &'static str) -> Response {
    headed(
        Response::new(body.into().into()),
        StatusCode::OK,
        content_type,
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
    // Room for those that some answers have besides: the map grows by moving all of it.
    headers.reserve(HEADERS);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    guard(headers);
    answer
}

/// Let nobody keep an answer, nor take it for something else than it says.
fn guard(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// An answer without a body, 204.
pub(crate) fn empty() -> Response {
    let mut answer = Response::default();
    *answer.status_mut() = StatusCode::NO_CONTENT;
    guard(answer.headers_mut());
    answer
}
