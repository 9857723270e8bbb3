//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::call::handler::Handler;
use crate::serve::body::RequestBody;
use crate::serve::phase::{Command, Control};
use crate::serve::stream::{Socket, Watched};

/// HTTP/1.1 with our limits, for every connection.
pub(crate) fn http1<H: Handler>() -> http1::Builder {
    let mut http1 = http1::Builder::new();
    // Time-outs are those of `phase`.
    http1.header_read_timeout(None);
    // Who has said all that it will still waits for the answer.
    http1.half_close(true);
    http1.max_headers(H::HEADERS_MAX);
    // A head that doesn't fit is answered by hyper, with 431 and no body.
    http1.max_buf_size(H::HEAD_LENGTH_MAX);
    http1
}

/// Serve a connection until it ends, or is told to by its control.
pub(crate) async fn serve<H: Handler>(
    socket: Socket,
    http1: http1::Builder,
    control: Arc<Control>,
    handler: Arc<H>,
) {
    let connection = handler.open(socket.peer());
    let stream = match socket.into_stream() {
        Ok(stream) => stream,
        Err(error) => {
            // The system is short of something, and may be so for thousands of connections.
            tracing::debug!("a connection could not be served: {error}");
            return;
        }
    };
    let service = service_fn(|request| Exchange {
        answer: call::<H>(&connection, &control, request),
        control: &control,
    });
    let stream = TokioIo::new(Watched::new::<H>(stream, Arc::clone(&control)));
    let mut connection = pin!(http1.serve_connection(stream, service));
    let mut finishing = false;
    let ended = poll_fn(|context| {
        match control.command(context.waker()) {
            // Draining shows in the answers.
            Command::Serve | Command::Drain => {}
            Command::Finish if finishing => {}
            Command::Finish => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            // Dropping it closes the socket.
            Command::Close => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = ended.await {
        // A client that breaks off is no fault of ours.
        let cause = error.source().map(|cause| format!(": {cause}"));
        tracing::debug!("a connection failed: {error}{}", cause.unwrap_or_default());
    }
}

fn call<H: Handler>(
    connection: &Arc<H::Connection>,
    control: &Arc<Control>,
    request: Request<Incoming>,
) -> H::Answering {
    control.busy();
    let (head, body) = request.into_parts();
    let is_cut = control.heads.was_cut(&head.method, &head.uri);
    let body = RequestBody::of(body, control);
    H::call(connection, head, body, is_cut)
}

/// An answer as hyper awaits it.
struct Exchange<'a, A> {
    answer: A,
    control: &'a Control,
}

impl<B, A: Future<Output = Response<B>> + Unpin> Future for Exchange<'_, A> {
    type Output = Result<Response<B>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut answer = ready!(Pin::new(&mut self.answer).poll(context));
        self.control.answered();
        if self.control.is_draining() || self.control.is_refused_midway() {
            // No other follows. By this hyper ends the connection, too.
            let close = HeaderValue::from_static("close");
            answer.headers_mut().insert(CONNECTION, close);
        }
        Poll::Ready(Ok(answer))
    }
}
