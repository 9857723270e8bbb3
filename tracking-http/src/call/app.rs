//! What a server is made of, and what all its calls share.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::body::{Body, Bytes};
use hyper::http::request::Parts;
use tokio::sync::Semaphore;
use tracking_core::issued::Zone;
use tracking_core::{Generator, Store};
use warp::reply::Response;

use crate::api::answer::Answer;
use crate::api::problems;
use crate::api::sizes::{HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};
use crate::api::state::{Api, TokensInForce};
use crate::api::{Endpoints, Turns};
use crate::call::call::Call;
use crate::call::cors::{Cors, Origin};
use crate::call::gate::Gate;
use crate::call::handler::{Handler, Holder};
use crate::watch::metrics::{Metrics, OpenConnection};

/// What answers requests: the numbers of a generator, and who may have them.
#[derive(Debug)]
pub struct App {
    generator: Generator,
    options: Options,
}

/// What an [`App`] does unless somebody says otherwise: it lets everybody in, shows times in UTC where an order
/// has none of its own, and judges numbers by this host's clock alone.
#[derive(Debug, Default)]
pub struct Options {
    /// Where times are shown in, if the order has no offset of its own.
    pub zone: Zone,
    /// Judge numbers by the state of this store, too, which must be the generator's own: more of those that were
    /// never issued are refused then, and what is in the future is told by the store's clock. `/metrics` shows
    /// that state.
    pub store: Option<Arc<dyn Store>>,
    /// The origins whose pages may use the API in browsers.
    pub cors_origins: Vec<Origin>,
    /// Who is let in.
    pub gate: Arc<Gate>,
    /// Where is counted, beside what else is counted there: the reservations of an
    /// [`Observed`](crate::Observed) allocator.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// An app of its parts.
    pub fn new(generator: Generator, options: Options) -> Self {
        Self { generator, options }
    }

    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.options.gate
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.options.metrics
    }
}

/// How many requests and batches there may be at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// Requests that wait, for numbers or for their own bodies.
    pub(crate) in_flight_max: u32,
    /// Long answers that are on their way.
    pub(crate) batches_max: u32,
    /// The threads that make them.
    pub(crate) threads: usize,
}

/// What all calls of a server share.
#[derive(Debug)]
pub(crate) struct Calls {
    pub(super) endpoints: Endpoints,
    pub(super) gate: Arc<Gate>,
    /// None where no page of another origin may use the API.
    pub(super) cors: Option<Cors>,
    pub(super) metrics: Arc<Metrics>,
    /// For those who wait.
    pub(super) places: Semaphore,
}

impl Calls {
    pub(crate) fn new(app: App, crowd: Crowd) -> Self {
        let Options {
            zone,
            store,
            cors_origins,
            gate,
            metrics,
        } = app.options;
        let turns = Turns::new(crowd.batches_max, crowd.threads);
        let in_force = {
            let gate = Arc::clone(&gate);
            TokensInForce(Box::new(move || gate.tokens_in_force()))
        };
        let counted = Arc::clone(&metrics);
        let api = Api::new(app.generator, zone, store, counted, turns, in_force);
        Self {
            endpoints: Endpoints::new(api),
            gate,
            cors: Cors::of(&cors_origins),
            metrics,
            places: Semaphore::new(crowd.in_flight_max as usize),
        }
    }

    /// The server is to end.
    pub(crate) fn end(&self) {
        self.endpoints.api().end();
    }
}

/// An open connection. A call refers to its own, not to what is shared, since a count that all threads change
/// would be moved from core to core with each request.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) calls: Arc<Calls>,
    pub(super) peer: Option<IpAddr>,
    _open: OpenConnection,
}

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
