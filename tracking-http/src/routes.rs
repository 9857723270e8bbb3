//! Which path is answered by what.

mod health;
mod next_number;

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use warp::Filter;
use warp::http::Method;
use warp::reply::Response;

use self::next_number::Endpoint;
use crate::answer::Answer;
use crate::app::App;
use crate::problem;

/// What is asked for, by the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Route {
    NextNumber(Endpoint),
    Live,
    Ready,
}

impl Route {
    fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/next-tracking-number" | "/next-tracking-number/" => {
                Self::NextNumber(Endpoint::NextTrackingNumber)
            }
            "/api/next-tracking-number" | "/api/next-tracking-number/" => {
                Self::NextNumber(Endpoint::ApiNextTrackingNumber)
            }
            "/livez" => Self::Live,
            "/readyz" => Self::Ready,
            _ => return None,
        })
    }

    /// The methods that are answered, as the header `Allow` lists them.
    fn allowed(self) -> &'static str {
        match self {
            // Not HEAD: it would burn a number.
            Self::NextNumber(_) => "GET",
            Self::Live | Self::Ready => "GET, HEAD",
        }
    }

    fn allows(self, method: &Method) -> bool {
        self.allowed()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }
}

/// The filter that answers every request.
///
/// One filter that takes the request apart and one `match`, rather than an `or` of a filter a route: in warp
/// each route that does not match makes a rejection, and all of them are merged and looked at again for
/// every request. So nothing here is ever rejected.
pub fn routes(app: App) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone {
    let app = Arc::new(app);
    let raw_query =
        warp::query::raw().or_else(|_absent| ready(Ok::<_, Infallible>((String::new(),))));
    warp::method().and(warp::path::full()).and(raw_query).then(
        move |method: Method, path: warp::path::FullPath, query: String| {
            answer(&app, &method, path.as_str(), query)
        },
    )
}

fn answer(app: &Arc<App>, method: &Method, path: &str, query: String) -> Answer {
    match Route::of(path) {
        None => problem::not_found().into(),
        Some(route) if !route.allows(method) => problem::method_not_allowed(route.allowed()).into(),
        Some(Route::NextNumber(endpoint)) => next_number::answer(app, endpoint, query),
        Some(Route::Live) => health::live().into(),
        Some(Route::Ready) => Answer::later(health::ready(Arc::clone(app))),
    }
}
