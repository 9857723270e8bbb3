//! The body of a request, as its connection sees it being read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use crate::serve::phase::Control;

/// Tells its connection when it is awaited, and when all of it is there. Dropped before, it ends the connection with
/// the answer: more of it may be coming, which nobody reads.
#[derive(Debug)]
pub(crate) struct RequestBody {
    body: Incoming,
    control: Arc<Control>,
    is_awaited: bool,
    is_read: bool,
}

impl RequestBody {
    /// None where there is nothing to read.
    pub(crate) fn of(body: Incoming, control: &Arc<Control>) -> Option<Self> {
        (!body.is_end_stream()).then(|| Self {
            body,
            control: Arc::clone(control),
            is_awaited: false,
            is_read: false,
        })
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if !self.is_awaited {
            self.is_awaited = true;
            self.control.body_awaited();
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() {
            self.is_read = true;
            self.control.busy();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_read
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.is_read {
            self.control.refuse_midway();
        }
    }
}
