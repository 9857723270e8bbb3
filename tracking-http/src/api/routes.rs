//! What each route answers.

mod docs;
mod health;
mod metrics;
mod next_number;
mod root;
mod tracking_numbers;
mod verdict;

use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use tower_service::Service;
use warp::Filter;
use warp::http::{Method, Request};
use warp::reply::Response;

use crate::api::answer::Answer;
use crate::api::app::App;
use crate::api::problem;
use crate::api::route::Route;

/// The routes as the server asks them.
pub(crate) struct Routes {
    app: Arc<App>,
    filter: Box<dyn Fn(Request<Full<Bytes>>) -> Answer + Send + Sync>,
}

impl Routes {
    pub(crate) fn new(app: App) -> Self {
        let app = Arc::new(app);
        let service = warp::service(filter(Arc::clone(&app)));
        let filter = move |request| {
            let answer = service.clone().call(request);
            Answer::later(async {
                let Ok(answer) = answer.await;
                answer
            })
        };
        Self {
            app,
            filter: Box::new(filter),
        }
    }

    /// What [`routes`] answers.
    ///
    /// A request for one number is handed to its route past the filters: that spares it a sixth of the
    /// work outside the kernel, most of which was to move it from one future into the next.
    pub(crate) fn answer(&self, request: Request<Full<Bytes>>) -> Answer {
        let uri = request.uri();
        match Route::of(uri.path()) {
            Some(Route::NextNumber(endpoint)) if request.method() == Method::GET => {
                let query = uri.query().unwrap_or_default().to_owned();
                next_number::answer(&self.app, endpoint, query)
            }
            _ => (self.filter)(request),
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

/// The filter that answers every request.
///
/// One filter that takes the request apart and one `match`, rather than an `or` of a filter a route: in warp
/// each route that does not match makes a rejection, and all of them are merged and looked at again for
/// every request. So nothing here is ever rejected; but for the two routes that read headers, one of
/// which reads a body too: they have filters of their own, so that other requests need not carry them.
pub fn routes(app: App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    filter(Arc::new(app))
}

fn filter(app: Arc<App>) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    let raw_query =
        warp::query::raw().or_else(|_absent| ready(Ok::<_, Infallible>((String::new(),))));
    let issuing = Arc::clone(&app);
    let tracking_numbers = warp::path("tracking-numbers")
        .and(warp::path::end())
        .and(warp::post())
        .and(warp::ext::optional())
        .and(raw_query)
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(move |admission, query, headers, body| {
            tracking_numbers::answer(Arc::clone(&issuing), admission, query, headers, body)
        });
    let root = warp::path::end()
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .then(|method: Method, headers| ready(root::answer(&method, &headers)));
    let others = warp::method().and(warp::path::full()).and(raw_query).then(
        move |method: Method, path: warp::path::FullPath, query: String| {
            answer(&app, &method, path.as_str(), query)
        },
    );
    tracking_numbers.or(root).unify().or(others).unify()
}

fn answer(app: &Arc<App>, method: &Method, path: &str, query: String) -> Answer {
    match Route::of(path) {
        None => problem::not_found().into(),
        Some(route) if !route.allows(method) => problem::method_not_allowed(route.allowed()).into(),
        Some(Route::NextNumber(endpoint)) => next_number::answer(app, endpoint, query),
        Some(Route::Verdict(number)) => verdict::answer(app, number, query),
        Some(Route::Problem(kind)) => crate::api::answer::text(kind.page()).into(),
        Some(Route::Live) => health::live().into(),
        Some(Route::Metrics) => Answer::later(metrics::page(Arc::clone(app))),
        Some(Route::OpenApi) => docs::openapi().into(),
        Some(Route::Docs(file)) => docs::page(file).into(),
        Some(Route::Ready) => Answer::later(health::ready(Arc::clone(app))),
        // What is allowed there has gone to its own filter.
        Some(route @ (Route::Root | Route::TrackingNumbers)) => {
            problem::method_not_allowed(route.allowed()).into()
        }
    }
}
