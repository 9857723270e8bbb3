//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use tracking_core::{Clock, SystemClock};
use warp::reply::Response;

use crate::control::{Control, Order};
use crate::limits::Limits;

/// HTTP/1.1 with our limits, for every connection.
pub(crate) fn http1() -> http1::Builder {
    let mut http1 = http1::Builder::new();
    // Time-outs are those of `control`.
    http1.header_read_timeout(None);
    http1
}

/// When a connection that waits from now on is closed.
pub(crate) fn head_deadline_ms(limits: &Limits) -> u64 {
    let timeout_ms = u64::try_from(limits.head_timeout.as_millis()).unwrap_or(u64::MAX);
    SystemClock.monotonic_ms().saturating_add(timeout_ms)
}

/// Serve a connection until it ends, or is told to by its control.
pub(crate) async fn serve<S>(
    stream: TcpStream,
    http1: http1::Builder,
    service: S,
    control: Arc<Control>,
    limits: Limits,
) where
    S: Service<Request<Incoming>, Response = Response, Error = Infallible> + Clone,
{
    let service = service_fn(|request| {
        control.busy();
        let answer = service.clone().call(with_path(request));
        async {
            let answer = answer.await;
            control.wait_until(head_deadline_ms(&limits));
            answer
        }
    });
    let mut connection = pin!(http1.serve_connection(TokioIo::new(stream), service));
    let mut draining = false;
    let ended = poll_fn(|context| {
        match control.order(context.waker()) {
            Order::Serve => {}
            Order::Drain if draining => {}
            Order::Drain => {
                draining = true;
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

/// The target of CONNECT is a host and no path, and warp 0.4 panics where a filter then asks for the
/// path. It becomes `/`, which is nothing of ours.
fn with_path(mut request: Request<Incoming>) -> Request<Incoming> {
    if request.uri().path_and_query().is_none() {
        *request.uri_mut() = Uri::default();
    }
    request
}
