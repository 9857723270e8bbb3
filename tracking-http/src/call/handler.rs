//! What answers requests, as whoever serves connections sees it. Nothing else is known there of what is behind.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::Response;
use hyper::body::{Body, Bytes};
use hyper::http::request::Parts;

/// Answers the requests of all connections of a server.
pub(crate) trait Handler: Send + Sync + 'static {
    /// How many headers of a request are read.
    const HEADERS_MAX: usize;
    /// How many bytes of a request's head are read. One that has more is answered by the parser itself.
    const HEAD_LENGTH_MAX: usize;

    /// What is kept for a connection while it is open.
    type Connection: Send + Sync + 'static;
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + 'static;
    /// An answer that is there, or that is waited for. Dropped before, it is lost.
    type Answering: Future<Output = Response<Self::Body>> + Send + Unpin + 'static;

    /// Whom a connection from there is counted for: none where it stands for a client of its own, whoever that
    /// is. `peer` is none on a Unix socket.
    fn holder(&self, peer: Option<IpAddr>) -> Holder;

    /// A connection from there is open.
    fn open(self: &Arc<Self>, peer: Option<IpAddr>) -> Arc<Self::Connection>;

    /// A request's head is there, and a body if one follows: whoever drops that before its end has the connection
    /// ended with the answer. `is_cut` is whether the target had a `#`, and is known only as far as that.
    fn call<B>(
        connection: &Arc<Self::Connection>,
        head: Parts,
        body: Option<B>,
        is_cut: bool,
    ) -> Self::Answering
    where
        B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static;

    /// The whole of an answer to a request whose transfer coding is unknown, which the parser gives up.
    fn unsupported_transfer_coding() -> Vec<u8>;
}

/// A number for whoever connections are counted for.
pub(crate) type Holder = Option<u128>;
