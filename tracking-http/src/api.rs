//! What is answered: a table of endpoints, a table of problems, and a function for each endpoint.

pub(crate) mod answer;
pub(crate) mod asked;
mod batch;
#[cfg(feature = "console")]
pub(crate) mod console;
mod docs;
pub(crate) mod endpoints;
mod filters;
mod health;
mod ledger_watch;
mod list;
mod media;
mod next_number;
mod openapi;
pub(crate) mod problems;
mod query;
pub(crate) mod recorded;
mod root;
pub(crate) mod sizes;
pub(crate) mod state;
mod store_watch;
mod turns;
mod verdict;

use std::fmt;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use tower_service::Service;
use warp::http::request::Parts;
use warp::http::{Method, Request, Uri};

use self::answer::Answer;
use self::asked::Asker;
use self::endpoints::{LABELS, Target, shown_labels};
use self::recorded::IDEMPOTENCY_KEY;
use self::state::{Api, Tables};
pub(crate) use self::turns::Turns;
use crate::watch::metrics::{ENDPOINTS_MAX, PROBLEMS_MAX};

/// What the endpoints' state is told of the tables.
pub(crate) const TABLES: Tables = Tables {
    document: openapi::json,
    endpoints: shown_labels,
    problems: &problems::NAMES,
};

const _: () = assert!(LABELS.len() <= ENDPOINTS_MAX && problems::NAMES.len() <= PROBLEMS_MAX);

/// Answers requests whose callers may ask.
pub(crate) struct Endpoints {
    api: Arc<Api>,
    filters: Box<dyn Fn(Request<Full<Bytes>>) -> Answer + Send + Sync>,
}

impl Endpoints {
    pub(crate) fn new(api: Api) -> Self {
        let api = Arc::new(api);
        let filters = warp::service(filters::all(&api));
        let filters = move |request| {
            let answer = filters.clone().call(request);
            Answer::later(async {
                let Ok(answer) = answer.await;
                answer
            })
        };
        Self {
            api,
            filters: Box::new(filters),
        }
    }

    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    /// The answer to a request whose path leads to `target`. Who asks is looked up where that matters.
    pub(crate) fn answer(
        &self,
        target: Target,
        head: Parts,
        body: Bytes,
        asker: impl FnOnce(&Parts) -> Asker,
    ) -> Answer {
        match self.past_filters(target, &head) {
            Some(answer) => answer,
            None => {
                let asker = asker(&head);
                self.by_filters(head, body, asker)
            }
        }
    }

    /// `GET` of one number, if that is what is asked for, and nothing is recorded.
    ///
    /// It saves some 15 % of the server's CPU time for that request, which the program `endpoint` of
    /// `tracking-bench` measures: the filters are asked row by row, and each that does not match makes a rejection.
    fn past_filters(&self, target: Target, head: &Parts) -> Option<Answer> {
        let fast = target.endpoint?.fast?;
        if self.api.recording().is_some() || head.headers.contains_key(IDEMPOTENCY_KEY) {
            return None;
        }
        let query = || head.uri.query().unwrap_or_default();
        (head.method == Method::GET).then(|| fast(&self.api, query()))
    }

    fn by_filters(&self, mut head: Parts, body: Bytes, asker: Asker) -> Answer {
        // The target of CONNECT is a host and no path, and warp 0.4 panics where a filter then asks for the
        // path. `*` is nothing of ours.
        if head.uri.path_and_query().is_none() {
            head.uri = Uri::from_static("*");
        }
        head.extensions.insert(asker);
        (self.filters)(Request::from_parts(head, Full::new(body)))
    }
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints")
            .field("api", &self.api)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
