//! The next tracking number, for an order in the query.

use std::sync::Arc;

use tracking_core::issued::Issued;
use tracking_core::order::{Order, Required};
use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::problems;
use crate::api::query;
use crate::api::state::Api;

/// Most answers are shorter, so that their buffer never grows.
const BODY_LENGTH: usize = 384;

/// How an answer is written.
type Form = fn(&Issued<'_>, &mut Vec<u8>);

/// Every parameter is optional, and the order is answered with the number.
pub(super) fn optional(api: &Arc<Api>, query: &str) -> Answer {
    next(api, Required::NONE, query, |issued, out| {
        issued.write_json(out);
    })
}

/// All parameters are required, and the number and its time are answered.
pub(super) fn required(api: &Arc<Api>, query: &str) -> Answer {
    next(api, Required::ALL, query, |issued, out| {
        issued.write_short_json(out);
    })
}

fn next(api: &Arc<Api>, required: Required, query: &str, form: Form) -> Answer {
    let order = match Order::from_pairs(query::pairs(query), required) {
        Ok(order) => order,
        Err(errors) => return problems::wrong_order(&errors).into(),
    };
    if let Some(issued) = api.issue_now(&order) {
        return written(&issued, form).into();
    }
    let api = Arc::clone(api);
    Answer::later(async move {
        match api.issue_soon(&order).await {
            Ok(issued) => written(&issued, form),
            Err(error) => problems::no_number(error.retry_after),
        }
    })
}

fn written(issued: &Issued<'_>, form: Form) -> Response {
    let mut body = Vec::with_capacity(BODY_LENGTH);
    form(issued, &mut body);
    answer::json(body)
}
