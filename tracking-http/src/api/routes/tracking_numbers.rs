//! Many tracking numbers at once, for an order in the body.

mod body;
mod form;
mod json;
mod numbers;
mod request;

use std::sync::Arc;

use tracking_core::{Clock, SystemClock};
use warp::http::HeaderMap;
use warp::reply::Response;
use warp::{Buf, Stream};

use self::form::Form;
use self::numbers::Numbers;
use self::request::Request;
use crate::api::app::App;
use crate::api::problem;
use crate::api::query;
use crate::call::gate::Admission;

/// Everything that can be wrong with a request is found before the first number is taken. `admission` is who
/// pays for all numbers but the first, if somebody does.
pub(super) async fn answer(
    app: Arc<App>,
    admission: Option<Admission>,
    query: String,
    headers: HeaderMap,
    body: impl Stream<Item = Result<impl Buf, warp::Error>>,
) -> Response {
    if let Some(refusal) =
        query::unread(query, "is not read here: the order is a member of the body")
    {
        return refusal;
    }
    if body::is_coded(&headers) {
        return problem::unsupported_content_coding();
    }
    if !body::is_json(&headers) {
        return problem::unsupported_media_type();
    }
    let Some(form) = Form::accepted(&headers) else {
        return problem::not_acceptable();
    };
    let body = match body::read(body).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let request = match Request::parse(&body) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    drop(body);
    let mut admission = admission.unwrap_or_default();
    let charge = match admission.charge(request.count) {
        Ok(charge) => charge,
        Err(answer) => return *answer,
    };
    let issued_at_ms = SystemClock.now_ms().unsigned_abs();
    match Numbers::begin(app, form, &request, issued_at_ms).await {
        Ok(numbers) => {
            charge.keep();
            let mut answer = numbers.into_answer(form);
            admission.write_rate_fields(answer.headers_mut());
            answer
        }
        // The charge is given back, and what is left then is not known here.
        Err(answer) => *answer,
    }
}
