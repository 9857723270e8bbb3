//! What every request passes on its way to the routes, and every answer on its way back.

use std::future::poll_fn;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue, ORIGIN, TRANSFER_ENCODING};
use hyper::{Request, Version};
use tokio::sync::Semaphore;
use tracking_programs::tokens::Scope;
use warp::reply::Response;

use crate::api::answer::Answer;
use crate::api::app::App;
use crate::api::batches::Batches;
use crate::api::problem;
use crate::api::route::{Route, RouteName};
use crate::api::routes::Routes;
use crate::call::cors::Cors;
use crate::call::fetch_site::is_cross_site;
use crate::call::gate::{Admission, Gate};
use crate::call::request_id::{RequestId, X_REQUEST_ID};
use crate::serve::limits::{HEADERS_LENGTH_MAX, Limits, TARGET_LENGTH_MAX};
use crate::serve::raw_heads::is_chunked_alone;
use crate::serve::room::Holder;
use crate::watch::logging::{known, log_request};
use crate::watch::metrics::{InFlight, Metrics, OpenConnection};

/// One for a server: what all its connections share.
#[derive(Debug)]
pub(crate) struct Front {
    metrics: Arc<Metrics>,
    routes: Routes,
    in_flight: Semaphore,
    /// None where no page of another origin may use the API.
    cors: Option<Cors>,
    gate: Arc<Gate>,
}

/// An answer that is waited for.
pub(crate) type Waiting<'a> = Pin<&'a mut (dyn Future<Output = Response> + Send)>;

/// Marks a request whose target had a `#`, and is known only as far as that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WasCut;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Visit {
    began: Instant,
    id: RequestId,
    method: &'static str,
    route: RouteName,
    /// The header, where it matters.
    origin: Option<HeaderValue>,
    /// Who asks, once they are let in.
    admission: Admission,
}

impl Visit {
    pub(crate) fn route(&self) -> RouteName {
        self.route
    }

    /// Numbers were asked for and none were issued: that costs none.
    fn issued_nothing(&mut self) {
        if self.route.issues() {
            self.admission
                .give_back(NonZeroU32::MIN, self.began.elapsed());
        }
    }
}

impl Front {
    /// What is served by so many threads.
    pub(crate) fn new(app: App, limits: &Limits, threads: usize) -> Self {
        let app = app.with_batches(Batches::new(limits.max_batches, threads));
        let metrics = Arc::clone(app.metrics());
        metrics.connections_max(limits.max_connections);
        Self {
            cors: app.cors().cloned(),
            gate: Arc::clone(app.gate()),
            metrics,
            routes: Routes::new(app),
            in_flight: Semaphore::new(limits.max_in_flight as usize),
        }
    }

    /// A connection came in. It is counted as open until this is dropped.
    pub(crate) fn open(&self) -> OpenConnection {
        self.metrics.connection_opened()
    }

    /// Whom a connection from there is counted for.
    pub(crate) fn holder(&self, peer: Option<IpAddr>) -> Holder {
        self.gate.holder(peer)
    }

    /// A request came in, from this address if it has one. The answer to it, where it goes no further.
    pub(crate) fn enter<B>(
        &self,
        request: &mut Request<B>,
        peer: Option<IpAddr>,
    ) -> (Visit, Option<Response>) {
        let mut visit = Visit {
            began: Instant::now(),
            id: RequestId::of(request.headers()),
            method: known(request.method()),
            route: RouteName::of(request.uri().path()),
            origin: self
                .cors
                .as_ref()
                .and_then(|_| request.headers().get(ORIGIN).cloned()),
            admission: Admission::default(),
        };
        let refusal = wrong_head(request)
            .or_else(|| self.preflight(request))
            .or_else(|| self.cross_site(&visit, request))
            .or_else(|| self.refusal(&mut visit, request, peer));
        (visit, refusal)
    }

    /// The answer to a preflight of a path that there is.
    fn preflight<B>(&self, request: &Request<B>) -> Option<Response> {
        let cors = self.cors.as_ref()?;
        let route = Route::of(request.uri().path())?;
        cors.preflight(request.method(), request.headers(), route.allowed())
    }

    /// The answer to a page of another site that would take numbers, and that nobody lets.
    ///
    /// Where tokens are asked for, no browser sends one by itself. What is refused takes nothing of a rate.
    fn cross_site<B>(&self, visit: &Visit, request: &Request<B>) -> Option<Response> {
        let (method, headers) = (request.method(), request.headers());
        let issues = visit.route.scope() == Some(Scope::Issue);
        if !issues || !is_cross_site(method, headers) || self.gate.asks_for_tokens() {
            return None;
        }
        let origin = headers.get(ORIGIN);
        let may = self.cors.as_ref().is_some_and(|cors| cors.lets(origin));
        let route = Route::of(request.uri().path())?;
        (!may && route.allows(method)).then(problem::cross_site)
    }

    /// Its answer goes out.
    pub(crate) fn leave(&self, mut visit: Visit, answer: &mut Response) {
        if !answer.status().is_success() {
            visit.issued_nothing();
        }
        let headers = answer.headers_mut();
        visit.admission.write_rate_fields(headers);
        if let Some(cors) = &self.cors {
            cors.mark(visit.origin.as_ref(), headers);
        }
        let (route, status, elapsed) = (visit.route, answer.status(), visit.began.elapsed());
        self.metrics.answered(route, status, elapsed);
        if let Some(kind) = problem::kind_of(answer) {
            self.metrics.problem(kind);
        }
        let (route, token) = (route.label(), visit.admission.caller());
        log_request(&visit.id, route, visit.method, Some(status), elapsed, token);
        let id = visit.id.into_header();
        answer.headers_mut().insert(X_REQUEST_ID, id);
    }

    /// The answer to who may not.
    fn refusal<B>(
        &self,
        visit: &mut Visit,
        request: &mut Request<B>,
        peer: Option<IpAddr>,
    ) -> Option<Response> {
        match self.gate.admit(visit.route.need(), request.headers(), peer) {
            Ok(admission) => {
                // The only one that costs more than one, which it finds out later.
                if visit.route == RouteName::TrackingNumbers && admission.is_counted() {
                    request.extensions_mut().insert(admission.clone());
                }
                visit.admission = admission;
                None
            }
            Err(refusal) => Some(*refusal),
        }
    }

    /// What the routes answer.
    pub(crate) fn answer(&self, request: Request<Full<Bytes>>) -> Answer {
        self.routes.answer(request)
    }

    /// Wait for an answer, unless too many others are waited for already: then that is the error. One that
    /// is there at once never waits. What issues no numbers never counts: it waits for neither numbers nor a
    /// body, and it is what tells an operator why all places are taken.
    pub(crate) async fn bounded(
        &self,
        route: RouteName,
        mut answer: Waiting<'_>,
    ) -> Result<Response, Response> {
        if !route.issues() {
            return Ok(answer.await);
        }
        let first = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        match first {
            Poll::Ready(answer) => Ok(answer),
            Poll::Pending => match self.in_flight.try_acquire() {
                Ok(_permit) => Ok(answer.await),
                Err(_) => Err(problem::too_many_in_flight()),
            },
        }
    }

    /// Counted as waited for until it is dropped.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.metrics.in_flight()
    }

    /// The connection of a request ended before there was an answer.
    pub(crate) fn lose(&self, mut visit: Visit) {
        visit.issued_nothing();
        self.metrics.unanswered(visit.route);
        let (route, token) = (visit.route.label(), visit.admission.caller());
        let elapsed = visit.began.elapsed();
        log_request(&visit.id, route, visit.method, None, elapsed, token);
    }
}

/// The answer to a request with a head that is too large, or that leaves open whom it asks.
fn wrong_head<B>(request: &Request<B>) -> Option<Response> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > TARGET_LENGTH_MAX) {
        return Some(problem::target_too_long());
    }
    if request.extensions().get::<WasCut>().is_some() {
        return Some(problem::fragment_in_target());
    }
    let (mut length, mut hosts, mut is_host_wrong) = (0, 0, false);
    let (mut codings, mut is_coding_known) = (0, true);
    for (name, value) in request.headers() {
        // ": " and the line end.
        length += name.as_str().len() + value.len() + 4;
        if name == HOST {
            hosts += 1;
            is_host_wrong |= !value.as_bytes().iter().all(may_stand_in_host);
        } else if name == TRANSFER_ENCODING {
            codings += 1;
            is_coding_known &= codings == 1 && is_chunked_alone(value.as_bytes());
        }
    }
    let is_old = request.version() == Version::HTTP_10;
    if length > HEADERS_LENGTH_MAX {
        Some(problem::headers_too_large())
    } else if !is_coding_known {
        Some(problem::unsupported_transfer_coding())
    } else if !is_host_wrong && (hosts == 1 || (is_old && hosts == 0)) {
        None
    } else {
        // Two readers may each take another one (RFC 9112, section 3.2).
        Some(problem::wrong_host())
    }
}

/// The characters of a host and a port (RFC 3986, section 3.2.2).
fn may_stand_in_host(byte: &u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'/' | b'?' | b'#' | b'@' | b'\\' | b'"' | b'<' | b'>')
}
