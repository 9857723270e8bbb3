//! The endpoints as warp's filters, composed.
//!
//! ```text
//! path and method of a row ─> parameter, query, headers, body, who asks ─> the row's answer
//!     or the next row ...  ─> nothing is here (404), or only for other methods (405)
//! ```

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use hyper::body::Bytes;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method};
use warp::path::FullPath;
use warp::reply::Response;

use crate::api::asked::{Asked, Asker};
use crate::api::endpoints::{ENDPOINTS, Endpoint, Path, Target};
use crate::api::problems::{self, Kind};
use crate::api::state::Api;

/// All endpoints. It rejects nothing: what is none of them is answered, too.
pub(super) fn all(
    api: &Arc<Api>,
) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + use<> {
    let has_console = api.has_console();
    let [first, others @ ..] = &ENDPOINTS;
    let others = others.iter().filter(|row| has_console || !row.is_page());
    let endpoints = others.fold(endpoint(first, api), |before, next| {
        before.or(endpoint(next, api)).unify().boxed()
    });
    endpoints.or(no_endpoint(has_console)).unify()
}

/// What a row of the table answers.
fn endpoint(endpoint: &'static Endpoint, api: &Arc<Api>) -> BoxedFilter<(Response,)> {
    let api = Arc::clone(api);
    path(endpoint)
        .and(method(endpoint))
        .and(query())
        .and(warp::header::headers_cloned())
        .and(warp::body::bytes())
        .and(warp::ext::get())
        .then(
            move |parameter, method, query, headers: HeaderMap, body: Bytes, asker: Asker| {
                let asked = Asked {
                    method,
                    allowed: endpoint.allowed,
                    parameter,
                    query,
                    headers,
                    body,
                    asker,
                };
                (endpoint.answer)(&api, asked)
            },
        )
        .boxed()
}

/// One of its paths, and what stands where that varies.
fn path(endpoint: &'static Endpoint) -> BoxedFilter<(String,)> {
    let no_path = warp::any()
        .and_then(async || Err::<String, _>(warp::reject::not_found()))
        .boxed();
    endpoint.paths().fold(no_path, |before, path| {
        before.or(one_path(path)).unify().boxed()
    })
}

fn one_path(path: &'static Path) -> BoxedFilter<(String,)> {
    let words = path.fixed().split('/').filter(|word| !word.is_empty());
    let fixed = words.fold(warp::any().boxed(), |before, word| {
        before.and(warp::path(word)).boxed()
    });
    if !path.varies() {
        return fixed.and(warp::path::end()).map(String::new).boxed();
    }
    fixed
        .and(warp::path::param())
        .and(warp::path::end())
        .and_then(async |parameter: String| match path.takes(&parameter) {
            true => Ok(parameter),
            false => Err(warp::reject::not_found()),
        })
        .boxed()
}

/// One of its methods.
fn method(endpoint: &'static Endpoint) -> BoxedFilter<(Method,)> {
    warp::method()
        .and_then(async |method: Method| match endpoint.allows(&method) {
            true => Ok(method),
            // The answer is `no_endpoint`'s.
            false => Err(warp::reject::not_found()),
        })
        .boxed()
}

/// The query, which is nothing where there is none.
fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Copy {
    warp::query::raw().or_else(|_absent| ready(Ok::<_, Infallible>((String::new(),))))
}

/// What no endpoint answers.
fn no_endpoint(has_console: bool) -> impl Filter<Extract = (Response,), Error = Infallible> + Copy {
    warp::path::full().map(move |path: FullPath| {
        match Target::of(path.as_str()).shown(has_console).endpoint {
            None => Kind::NotFound.answer(),
            Some(endpoint) => problems::method_not_allowed(endpoint.allowed),
        }
    })
}
