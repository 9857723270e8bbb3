//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use warp::reply::Response;

use crate::answer::Answer;
use crate::control::{Control, Order};
use crate::front::{Front, Visit};
use crate::limits::{HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};
use crate::stream::{Socket, Watched};
use crate::{body, problem};

/// HTTP/1.1 with our limits, for every connection.
pub(crate) fn http1() -> http1::Builder {
    let mut http1 = http1::Builder::new();
    // Time-outs are those of `control`.
    http1.header_read_timeout(None);
    http1.max_headers(HEADERS_MAX);
    // A head that doesn't fit is answered by hyper, with 431 and no body; one that does and is still too
    // large by us, with a problem.
    http1.max_buf_size(HEADERS_LENGTH_MAX + TARGET_LENGTH_MAX + 1024);
    http1
}

/// Serve a connection until it ends, or is told to by its control.
pub(crate) async fn serve(
    socket: Socket,
    http1: http1::Builder,
    control: Arc<Control>,
    front: Arc<Front>,
) {
    let _open = front.open();
    let stream = match socket.into_stream() {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!("a connection could not be served: {error}");
            return;
        }
    };
    let peer = stream.peer();
    let service = service_fn(|request| answer(&front, &control, peer, with_path(request)));
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(&control)));
    let mut connection = pin!(http1.serve_connection(stream, service));
    let mut finishing = false;
    let ended = poll_fn(|context| {
        match control.order(context.waker()) {
            // Draining shows in the answers.
            Order::Serve | Order::Drain => {}
            Order::Finish if finishing => {}
            Order::Finish => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            // Dropping it closes the socket.
            Order::Close => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = ended.await {
        // A client that breaks off is no fault of ours.
        let cause = error.source().map(|cause| format!(": {cause}"));
        tracing::debug!("a connection failed: {error}{}", cause.unwrap_or_default());
    }
}

fn answer(
    front: &Arc<Front>,
    control: &Arc<Control>,
    peer: Option<IpAddr>,
    mut request: Request<Incoming>,
) -> Answering {
    control.busy();
    let (visit, refusal) = front.enter(&mut request, peer);
    let has_body = !request.body().is_end_stream();
    let answer = match refusal {
        Some(refusal) => Answer::from(refusal),
        None if has_body && body::is_too_large(request.body()) => {
            control.refuse_midway();
            problem::body_too_large().into()
        }
        None if has_body => {
            Answer::later(with_body(Arc::clone(front), Arc::clone(control), request))
        }
        None => front.answer(request.map(|_none| Full::default())),
    };
    let mut answer = match answer {
        Answer::Now(answer) => return Answering(Answer::Now(sent(front, control, visit, answer))),
        Answer::Later(answer) => answer,
    };
    let (front, control) = (Arc::clone(front), Arc::clone(control));
    Answering(Answer::later(async move {
        let answer = front.bounded(answer.as_mut()).await;
        sent(&front, &control, visit, answer)
    }))
}

/// The answer to a request whose body is read first.
async fn with_body(
    front: Arc<Front>,
    control: Arc<Control>,
    request: Request<Incoming>,
) -> Response {
    control.body_awaited();
    let (head, body) = request.into_parts();
    match body::whole(body).await {
        Err(refusal) => {
            control.refuse_midway();
            refusal
        }
        Ok(body) => {
            control.busy();
            front.answer(Request::from_parts(head, body)).await
        }
    }
}

/// The answer as it goes to the client.
fn sent(front: &Front, control: &Control, visit: Visit, mut answer: Response) -> Response {
    front.leave(visit, &mut answer);
    control.answered();
    if control.is_draining() {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
    answer
}

/// An [`Answer`] as hyper awaits it.
struct Answering(Answer);

impl Future for Answering {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(Ok)
    }
}

/// The target of CONNECT is a host and no path, and warp 0.4 panics where a filter then asks for the
/// path. It becomes `/`, which is nothing of ours.
fn with_path(mut request: Request<Incoming>) -> Request<Incoming> {
    if request.uri().path_and_query().is_none() {
        *request.uri_mut() = Uri::default();
    }
    request
}
