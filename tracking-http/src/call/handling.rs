//! Calls as whoever serves connections makes them.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::{Body, Bytes};
use hyper::http::request::Parts;
use warp::reply::Response;

use crate::api::answer::Answer;
use crate::api::problems;
use crate::api::sizes::{HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};
use crate::call::call::Call;
use crate::call::calls::{Calls, Connection};
use crate::call::handler::{Handler, Holder};

/// The body of an answer, for which warp has no public name.
pub(crate) trait OfBody {
    type Body;
}

impl<B> OfBody for hyper::Response<B> {
    type Body = B;
}

impl Handler for Calls {
    const HEADERS_MAX: usize = HEADERS_MAX;
    // One that is too large for us, and fits, is answered with a problem.
    const HEAD_LENGTH_MAX: usize = HEADERS_LENGTH_MAX + TARGET_LENGTH_MAX + 1024;

    type Connection = Connection;
    type Body = <Response as OfBody>::Body;
    type Answering = Answer;

    fn holder(&self, peer: Option<IpAddr>) -> Holder {
        self.gate.holder(peer).map(u128::from)
    }

    fn open(self: &Arc<Self>, peer: Option<IpAddr>) -> Arc<Connection> {
        Arc::new(Connection {
            calls: Arc::clone(self),
            peer,
            _open: self.metrics.connection_opened(),
        })
    }

    fn call<B>(connection: &Arc<Connection>, head: Parts, body: Option<B>, is_cut: bool) -> Answer
    where
        B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static,
    {
        Call::answer(connection, head, body, is_cut)
    }

    fn unsupported_transfer_coding() -> Vec<u8> {
        problems::unsupported_transfer_coding_bytes()
    }
}
