//! `GET` of one number, past warp's filters.
//!
//! It saves some 15 % of the server's CPU time for that request, which the program `endpoint` of `tracking-bench`
//! measures: the filters are asked row by row, and each that does not match makes a rejection.

use std::sync::Arc;

use warp::http::Method;
use warp::http::request::Parts;

use crate::api::answer::Answer;
use crate::api::endpoints::Target;
use crate::api::state::Api;

/// The answer, where the endpoint has a fast one.
pub(super) fn answer(api: &Arc<Api>, target: Target, head: &Parts) -> Option<Answer> {
    let fast = target.endpoint?.fast?;
    let query = || head.uri.query().unwrap_or_default();
    (head.method == Method::GET).then(|| fast(api, query()))
}

#[cfg(test)]
mod tests;
