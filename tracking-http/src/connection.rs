//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http_body_util::Full;
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tower_service::Service;
use warp::reply::Response;

use crate::control::{Control, Order};
use crate::front::Front;
use crate::limits::{HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};
use crate::stream::{Stream, Watched};
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

/// A request's answer in the making.
enum Work<F> {
    Refused(Response),
    Answer(F),
    /// The body is to be read first. That is rare, and on the heap so that the others stay small.
    WithBody(Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>),
}

/// Serve a connection until it ends, or is told to by its control.
pub(crate) async fn serve<S>(
    stream: Stream,
    http1: http1::Builder,
    service: S,
    control: Arc<Control>,
    front: Arc<Front>,
) where
    S: Service<Request<Full<Bytes>>, Response = Response, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let peer = stream.peer();
    let service = service_fn(|request| {
        control.busy();
        let mut request = with_path(request);
        let (visit, refusal) = front.enter(&mut request, peer);
        let work = match refusal {
            Some(refusal) => Work::Refused(refusal),
            None => begin(&service, &control, request),
        };
        let (control, front) = (&control, &front);
        async move {
            let Ok(mut answer) = match work {
                Work::Refused(answer) => Ok(answer),
                Work::Answer(answer) => front.bounded(answer).await,
                Work::WithBody(answer) => front.bounded(answer).await,
            };
            front.leave(visit, &mut answer);
            control.answered();
            if control.is_draining() {
                let close = HeaderValue::from_static("close");
                answer.headers_mut().insert(CONNECTION, close);
            }
            Ok::<_, Infallible>(answer)
        }
    });
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

fn begin<S>(service: &S, control: &Arc<Control>, request: Request<Incoming>) -> Work<S::Future>
where
    S: Service<Request<Full<Bytes>>, Response = Response, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let mut service = service.clone();
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return Work::Answer(service.call(Request::from_parts(head, Full::default())));
    }
    if body::is_too_large(&body) {
        return Work::Refused(problem::body_too_large());
    }
    control.body_awaited();
    let control = Arc::clone(control);
    Work::WithBody(Box::pin(async move {
        match body::whole(body).await {
            Err(refusal) => Ok(refusal),
            Ok(body) => {
                control.busy();
                service.call(Request::from_parts(head, body)).await
            }
        }
    }))
}

/// The target of CONNECT is a host and no path, and warp 0.4 panics where a filter then asks for the
/// path. It becomes `/`, which is nothing of ours.
fn with_path(mut request: Request<Incoming>) -> Request<Incoming> {
    if request.uri().path_and_query().is_none() {
        *request.uri_mut() = Uri::default();
    }
    request
}
