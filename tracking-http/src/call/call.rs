//! A request on its way, from its head to its answer.
//!
//! ```text
//! head ─┬─ without a body ───────────────────> answer ─┬─ is there ───────────────────> sent
//!       ├─ with one ─> body ─┬─ is there ────────^     └─ must be waited for ─> place ───^
//!       │                    └─ is needed, and must be waited for ─> place       └─ none: 503
//!       └─ refused ─> body, thrown away ────────────────────────────────────────────────^
//! ```
//!
//! A call that is dropped before its answer is sent was lost: its connection has ended.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes};
use hyper::header::{EXPECT, HeaderValue, ORIGIN};
#[cfg(feature = "console")]
use hyper::http::Method;
use hyper::http::request::Parts;
use tracking_programs::tokens::Scope;
use warp::http::StatusCode;
use warp::reply::Response;

use crate::api::answer::Answer;
#[cfg(feature = "console")]
use crate::api::asked::Visit;
use crate::api::asked::{Account, Asker};
#[cfg(feature = "console")]
use crate::api::console::shown;
use crate::api::endpoints::{Endpoint, Need, Target};
use crate::api::problems::{self, Kind};
use crate::call::calls::{Calls, Connection};
#[cfg(feature = "console")]
use crate::call::console::visit;
use crate::call::fetch_site::is_cross_site;
#[cfg(feature = "console")]
use crate::call::fetch_site::is_own_form;
use crate::call::gate::{Admission, Gate};
use crate::call::request_id::{RequestId, X_REQUEST_ID};
use crate::call::{body, head};
use crate::watch::logging::{known, log_request};

/// A request on its way.
#[derive(Debug)]
pub(super) struct Call {
    connection: Arc<Connection>,
    began: Instant,
    id: RequestId,
    method: &'static str,
    target: Target,
    /// The header, where it matters.
    origin: Option<HeaderValue>,
    /// Who asks, once they are let in.
    admission: Admission,
    /// Of a page of the console.
    #[cfg(feature = "console")]
    page: Option<Box<Page>>,
    is_sent: bool,
}

/// What is known of a request for a page.
#[cfg(feature = "console")]
#[derive(Debug)]
struct Page {
    visit: Arc<Visit>,
    /// Where who must log in first comes back to: none where it is not only looked at.
    path: Option<String>,
}

impl Call {
    /// Nearly every answer is there at once: so a request carries no state machine with it that holds all that
    /// waiting would need, which is large and would be moved about.
    pub(super) fn answer<B>(
        connection: &Arc<Connection>,
        head: Parts,
        body: Option<B>,
        is_cut: bool,
    ) -> Answer
    where
        B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin + 'static,
    {
        let mut call = Self::begin(connection, &head);
        let refusal = call.refusal(&head, is_cut);
        let answer = match (body, refusal) {
            (Some(body), refusal) => {
                return Answer::later(async move {
                    let connection = Arc::clone(&call.connection);
                    let _counted = connection.calls.metrics.requests.in_flight();
                    let answer = match refusal {
                        Some(refusal) => unread(&head, body, refusal).await,
                        None => call.ask_with_body(head, body).await,
                    };
                    call.sent(answer)
                });
            }
            (None, Some(refusal)) => Answer::Now(refusal),
            (None, None) => call.ask(head, Bytes::new()),
        };
        match answer {
            Answer::Now(answer) => Answer::Now(call.sent(answer)),
            Answer::Later(mut answer) => Answer::later(async move {
                let connection = Arc::clone(&call.connection);
                let _counted = connection.calls.metrics.requests.in_flight();
                let answer = call.in_place(answer.as_mut()).await;
                call.sent(answer)
            }),
        }
    }

    fn begin(connection: &Arc<Connection>, head: &Parts) -> Self {
        let calls = &connection.calls;
        let target = Target::of(head.uri.path()).shown(calls.endpoints.api().has_console());
        let is_page = target.endpoint.is_some_and(Endpoint::is_page);
        // Pages are for no other origin.
        let cors = calls.cors.as_ref().filter(|_| !is_page);
        Self {
            #[cfg(feature = "console")]
            page: is_page.then(|| {
                Box::new(Page {
                    visit: Arc::new(visit(&calls.gate, &head.headers, connection.peer)),
                    path: matches!(head.method, Method::GET | Method::HEAD)
                        .then(|| head.uri.path_and_query().map(ToString::to_string))
                        .flatten(),
                })
            }),
            connection: Arc::clone(connection),
            began: Instant::now(),
            id: RequestId::of(&head.headers),
            method: known(&head.method),
            target,
            origin: cors.and_then(|_| head.headers.get(ORIGIN).cloned()),
            admission: Admission::default(),
            is_sent: false,
        }
    }

    fn is_page(&self) -> bool {
        self.target.endpoint.is_some_and(Endpoint::is_page)
    }

    /// Whether it asks for numbers.
    fn issues(&self) -> bool {
        let endpoint = self.target.endpoint;
        endpoint.is_some_and(|endpoint| endpoint.issues_by(self.method))
    }

    fn calls(&self) -> &Calls {
        &self.connection.calls
    }

    /// The answer to what goes no further than its head.
    fn refusal(&mut self, head: &Parts, is_cut: bool) -> Option<Response> {
        head::refusal(head, is_cut)
            .or_else(|| self.preflight(head))
            .or_else(|| self.cross_site(head))
            .or_else(|| self.not_admitted(head))
    }

    /// The answer to a preflight of a path that there is.
    fn preflight(&self, head: &Parts) -> Option<Response> {
        let cors = self.calls().cors.as_ref().filter(|_| !self.is_page())?;
        let allowed = self.target.endpoint?.allowed;
        cors.preflight(&head.method, &head.headers, allowed)
    }

    /// The answer to a page of another site that would take numbers and that nobody lets, or would read who got them.
    ///
    /// Where tokens are asked for, no browser sends one by itself. What is refused takes nothing of a rate.
    fn cross_site(&self, head: &Parts) -> Option<Response> {
        let endpoint = self.target.endpoint?;
        #[cfg(feature = "console")]
        if self.is_foreign_form(head) {
            return Some(Kind::CrossSite.answer());
        }
        let scope = endpoint.scope_of(head.method.as_str());
        let refusal: fn() -> Response = match scope {
            Some(Scope::Issue) if self.is_foreign(head) && !self.is_let_in(head) => {
                || Kind::CrossSite.answer()
            }
            Some(Scope::Ledger) if self.shows_no_ledger_to_page(head) => problems::foreign_reader,
            _ => return None,
        };
        endpoint.allows(&head.method).then(refusal)
    }

    /// Whether a form of another origin is sent to a page, which nobody lets.
    #[cfg(feature = "console")]
    fn is_foreign_form(&self, head: &Parts) -> bool {
        self.page.as_ref().is_some_and(|page| {
            let is_known = page.visit.visitor.form_token.is_some();
            page.path.is_none() && !is_own_form(&head.headers, is_known)
        })
    }

    /// The answer to who may not.
    fn not_admitted(&mut self, head: &Parts) -> Option<Response> {
        let endpoint = self.target.endpoint;
        let need = endpoint.map_or(Need::Address, |endpoint| {
            endpoint.need_of(head.method.as_str())
        });
        let gate = &self.connection.calls.gate;
        #[cfg(feature = "console")]
        let admit = if self.is_page() {
            Gate::admit_visitor
        } else {
            Gate::admit
        };
        #[cfg(not(feature = "console"))]
        let admit = Gate::admit;
        match admit(gate, need, &head.headers, self.connection.peer) {
            Ok(admission) => {
                self.admission = admission;
                None
            }
            Err(refusal) => Some(*refusal),
        }
    }

    /// Ask the endpoint.
    fn ask(&self, head: Parts, body: Bytes) -> Answer {
        let endpoints = &self.calls().endpoints;
        endpoints.answer(self.target, head, body, |head| self.asker(head))
    }

    /// Whether a page of another site asks, which no token lets.
    fn is_foreign(&self, head: &Parts) -> bool {
        is_cross_site(&head.method, &head.headers) && !self.calls().gate.asks_for_tokens()
    }

    /// Whether the operator lets pages of its origin in.
    fn is_let_in(&self, head: &Parts) -> bool {
        let cors = self.calls().cors.as_ref();
        cors.is_some_and(|cors| cors.lets(head.headers.get(ORIGIN)))
    }

    /// Whether a page of another site asks, let in or not, which shows no token: it may not know who got numbers. One
    /// that is let in could read the answer even where its browser does not say whose page it is.
    fn shows_no_ledger_to_page(&self, head: &Parts) -> bool {
        let is_page = head.headers.contains_key(ORIGIN) && self.is_let_in(head);
        self.is_foreign(head) || (is_page && !self.calls().gate.asks_for_tokens())
    }

    fn asker(&self, head: &Parts) -> Asker {
        let account = self.admission.is_counted();
        let account = account.then(|| Arc::new(self.admission.clone()) as Arc<dyn Account>);
        Asker {
            id: self.id.as_str().into(),
            token: self.admission.caller().map(Arc::from),
            reads_ledger: self.admission.may(Scope::Ledger)
                && self.calls().gate.shows_ledger()
                && !self.shows_no_ledger_to_page(head),
            account,
            #[cfg(feature = "console")]
            visit: self.page.as_ref().map(|page| Arc::clone(&page.visit)),
        }
    }

    /// Read the body, then ask the endpoint. One that is needed is waited for in a place, as numbers are; one that
    /// nobody needs takes none.
    async fn ask_with_body<B>(&self, head: Parts, body: B) -> Response
    where
        B: Body<Data = Bytes, Error = hyper::Error> + Send + Unpin,
    {
        if body::is_too_large(&body) {
            return Kind::BodyTooLarge.answer();
        }
        let endpoint = self.target.endpoint;
        if endpoint.is_some_and(|endpoint| endpoint.has_body_of(head.method.as_str())) {
            let answer = async {
                match body::whole(body).await {
                    Ok(body) => self.ask(head, body).await,
                    Err(refusal) => refusal,
                }
            };
            return self.in_place(pin!(answer)).await;
        }
        let reads_all = endpoint.is_some_and(|endpoint| {
            endpoint.reads_all_of(head.method.as_str()) && endpoint.allows(&head.method)
        });
        match body::skip(body).await {
            Err(refusal) => refusal,
            Ok(length) if length > 0 && reads_all => Kind::UnexpectedBody.answer(),
            Ok(_) => self.in_place(pin!(self.ask(head, Bytes::new()))).await,
        }
    }

    /// Wait for an answer in one of the places of those who wait. One that is there at once needs none, and what
    /// issues no numbers and reads no body neither: it is what tells an operator why all places are taken.
    async fn in_place(
        &self,
        mut answer: Pin<&mut (dyn Future<Output = Response> + Send)>,
    ) -> Response {
        let endpoint = self.target.endpoint;
        if !endpoint.is_some_and(|endpoint| endpoint.waits_by(self.method)) {
            return answer.await;
        }
        let first = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        match first {
            Poll::Ready(answer) => answer,
            Poll::Pending => match self.calls().places.try_acquire() {
                Ok(_place) => answer.await,
                Err(_) => Kind::TooManyInFlight.answer(),
            },
        }
    }

    /// The answer as it goes out.
    fn sent(mut self, mut answer: Response) -> Response {
        self.is_sent = true;
        #[cfg(feature = "console")]
        if let Some(page) = &self.page {
            answer = shown(answer, &page.visit.visitor, page.path.as_deref());
        }
        let status = answer.status();
        if !status.is_success() {
            self.issued_nothing();
        }
        let headers = answer.headers_mut();
        self.admission.write_rate_fields(headers);
        if let Some(cors) = self.calls().cors.as_ref().filter(|_| !self.is_page()) {
            cors.mark(self.origin.as_ref(), headers);
        }
        let elapsed = self.began.elapsed();
        let metrics = &self.calls().metrics;
        metrics
            .requests
            .answered(self.target.index, status, elapsed);
        if let Some(kind) = Kind::of_answer(&answer) {
            metrics.problem(kind as usize);
        }
        self.log(Some(status), elapsed);
        let id = self.id.take_header();
        answer.headers_mut().insert(X_REQUEST_ID, id);
        answer
    }

    /// Numbers were asked for and none were issued: that costs none.
    fn issued_nothing(&mut self) {
        if self.issues() {
            let elapsed = self.began.elapsed();
            self.admission.give_back(NonZeroU32::MIN, elapsed);
        }
    }

    fn log(&self, status: Option<StatusCode>, elapsed: Duration) {
        let (route, token) = (self.target.label(), self.admission.caller());
        log_request(self.id.as_str(), route, self.method, status, elapsed, token);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_sent {
            self.issued_nothing();
            self.calls().metrics.requests.unanswered(self.target.index);
            self.log(None, self.began.elapsed());
        }
    }
}

/// A refusal that is not about the body, once that has come: so the connection goes on. But not where the client
/// waits for an answer before it sends one, or would send a very long one.
async fn unread<B>(head: &Parts, body: B, refusal: Response) -> Response
where
    B: Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    if !head.headers.contains_key(EXPECT) && !body::is_too_large(&body) {
        // What is wrong with it is not told: the refusal came first.
        let _ = body::skip(body).await;
    }
    refusal
}
