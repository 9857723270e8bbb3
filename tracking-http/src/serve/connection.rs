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
use hyper::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use warp::reply::Response;

use crate::api::answer::Answer;
use crate::api::problem;
use crate::api::route::{Route, RouteName};
use crate::call::front::{Front, Visit, WasCut};
use crate::serve::body;
use crate::serve::control::{Control, Order};
use crate::serve::limits::{HEAD_LENGTH_MAX, HEADERS_MAX};
use crate::serve::stream::{Socket, Watched};

/// HTTP/1.1 with our limits, for every connection.
pub(crate) fn http1() -> http1::Builder {
    let mut http1 = http1::Builder::new();
    // Time-outs are those of `control`.
    http1.header_read_timeout(None);
    // Who has said all that it will still waits for the answer.
    http1.half_close(true);
    http1.max_headers(HEADERS_MAX);
    // A head that doesn't fit is answered by hyper, with 431 and no body; one that does and is still too
    // large by us, with a problem.
    http1.max_buf_size(HEAD_LENGTH_MAX);
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
            // The system is short of something, and may be so for thousands of connections.
            tracing::debug!("a connection could not be served: {error}");
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
    if control.heads.was_cut(request.method(), request.uri()) {
        request.extensions_mut().insert(WasCut);
    }
    let (visit, refusal) = front.enter(&mut request, peer);
    let has_body = !request.body().is_end_stream();
    let is_too_large = has_body && body::is_too_large(request.body());
    let answer = match refusal {
        Some(refusal) if !has_body => refusal.into(),
        // What it waits for to send its body is this.
        Some(refusal) if is_too_large || request.headers().contains_key(EXPECT) => {
            refused_midway(control, refusal).into()
        }
        Some(refusal) => Answer::later(after_body(Arc::clone(control), request, refusal)),
        None if is_too_large => refused_midway(control, problem::body_too_large()).into(),
        None if has_body => {
            let (front, control) = (Arc::clone(front), Arc::clone(control));
            Answer::later(with_body(front, control, visit.route(), request))
        }
        None => front.answer(request.map(|_none| Full::default())),
    };
    let answer = match answer {
        Answer::Now(answer) => return Answering(Answer::Now(sent(front, control, visit, answer))),
        Answer::Later(answer) => answer,
    };
    let unanswered = Unanswered {
        front: Arc::clone(front),
        visit: Some(visit),
    };
    let control = Arc::clone(control);
    Answering(Answer::later(later(unanswered, control, has_body, answer)))
}

/// The answer to a request that must be waited for.
async fn later(
    mut unanswered: Unanswered,
    control: Arc<Control>,
    has_body: bool,
    mut answer: Pin<Box<dyn Future<Output = Response> + Send>>,
) -> Response {
    let front = Arc::clone(&unanswered.front);
    let _counted = front.in_flight();
    let answer = match &unanswered.visit {
        Some(visit) if !has_body => front.bounded(visit.route(), answer.as_mut()).await,
        // `with_body` sees to it, for it knows what it waits for.
        _ => Ok(answer.await),
    };
    let (Ok(answer) | Err(answer)) = answer;
    match unanswered.visit.take() {
        Some(visit) => sent(&front, &control, visit, answer),
        None => answer,
    }
}

/// A request that is dropped before its answer is there, since its connection has ended.
struct Unanswered {
    front: Arc<Front>,
    visit: Option<Visit>,
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        if let Some(visit) = self.visit.take() {
            self.front.lose(visit);
        }
    }
}

/// The answer to a request whose body is read first. Where it is needed, it takes one of the places of those
/// who wait; else it is thrown away as it comes.
async fn with_body(
    front: Arc<Front>,
    control: Arc<Control>,
    route: RouteName,
    request: Request<Incoming>,
) -> Response {
    control.body_awaited();
    let (head, body) = request.into_parts();
    let refused = |refusal| refused_midway(&control, refusal);
    if route != RouteName::TrackingNumbers {
        match body::skip(body).await {
            Err(refusal) => return refused(refusal),
            Ok(length) if length > 0 && reads_all(&head) => return problem::unexpected_body(),
            Ok(_) => control.busy(),
        }
        return match front.answer(Request::from_parts(head, Full::default())) {
            Answer::Now(answer) => answer,
            Answer::Later(mut answer) => {
                let (Ok(answer) | Err(answer)) = front.bounded(route, answer.as_mut()).await;
                answer
            }
        };
    }
    let answer = async {
        match body::whole(body).await {
            Err(refusal) => refused(refusal),
            Ok(body) => {
                control.busy();
                front.answer(Request::from_parts(head, body)).await
            }
        }
    };
    front
        .bounded(route, pin!(answer))
        .await
        .unwrap_or_else(refused)
}

/// Whether a body that came with it is refused, since nobody here reads one.
fn reads_all(head: &Parts) -> bool {
    Route::of(head.uri.path()).is_some_and(|route| route.reads_all() && route.allows(&head.method))
}

/// A refusal, once the body has come that it is not about: so the connection goes on.
async fn after_body(
    control: Arc<Control>,
    request: Request<Incoming>,
    refusal: Response,
) -> Response {
    control.body_awaited();
    match body::skip(request.into_body()).await {
        Ok(_) => refusal,
        Err(_) => refused_midway(&control, refusal),
    }
}

/// The answer to a request of which more may be coming, which nobody reads: the connection ends with it.
fn refused_midway(control: &Control, mut refusal: Response) -> Response {
    control.refuse_midway();
    say_last(&mut refusal);
    refusal
}

/// The answer as it goes to the client.
fn sent(front: &Front, control: &Control, visit: Visit, mut answer: Response) -> Response {
    front.leave(visit, &mut answer);
    control.answered();
    if control.is_draining() {
        say_last(&mut answer);
    }
    answer
}

/// Say in an answer that no other follows on its connection, by which hyper ends it, too.
fn say_last(answer: &mut Response) {
    let close = HeaderValue::from_static("close");
    answer.headers_mut().insert(CONNECTION, close);
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
/// path. It becomes `*`, which is nothing of ours.
fn with_path(mut request: Request<Incoming>) -> Request<Incoming> {
    if request.uri().path_and_query().is_none() {
        *request.uri_mut() = Uri::from_static("*");
    }
    request
}
