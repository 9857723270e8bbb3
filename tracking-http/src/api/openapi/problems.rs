//! Each kind of problem, as the server answers it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::body::Body;
use serde_json::Value;
use tracking_core::Reason;
use tracking_core::order::{OrderBuilder, Required};
use tracking_programs::tokens::Scope;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, Type};
use warp::reply::Response;

use super::schemas::{always, closed, text, with};
use crate::api::problem::{self, Kind};
use crate::api::route::{Need, Route, RouteName};
use crate::call::tokens::Unauthorized;

/// The name of its schema and of its example.
pub(super) fn name(kind: Kind) -> String {
    format!("{kind:?}")
}

/// Whether a route has it among its answers to a method that it allows.
pub(super) fn may_answer(kind: Kind, route: Route<'_>) -> bool {
    let issues = matches!(route, Route::NextNumber(_) | Route::TrackingNumbers);
    match kind {
        // What nobody reads is wrong, too.
        Kind::WrongParameters => route.reads_all(),
        Kind::UnexpectedBody => route.reads_all() && route != Route::TrackingNumbers,
        Kind::CrossSite => issues,
        Kind::MalformedBody
        | Kind::NotAcceptable
        | Kind::UnsupportedMediaType
        | Kind::UnsupportedContentCoding => route == Route::TrackingNumbers,
        Kind::MalformedNumber | Kind::NotOfThisSeries | Kind::Undecided => {
            matches!(route, Route::Verdict(_))
        }
        // Elsewhere, where no path is documented.
        Kind::NotFound => matches!(route, Route::Problem(_)),
        // For a method that is not allowed, so that none is documented.
        Kind::MethodNotAllowed => false,
        Kind::NoNumber => issues || route == Route::Ready,
        Kind::Ending => route == Route::Ready,
        Kind::Unauthorized | Kind::Forbidden => RouteName::of_route(route).scope().is_some(),
        Kind::TooManyRequests => RouteName::of_route(route).need() != Need::Nothing,
        Kind::BatchBeyondBurst | Kind::TooManyBatches => route == Route::TrackingNumbers,
        Kind::TooManyInFlight => issues,
        Kind::TargetTooLong
        | Kind::HeadersTooLarge
        | Kind::FragmentInTarget
        | Kind::UnsupportedTransferCoding
        | Kind::BodyTooLarge
        | Kind::BrokenBody
        | Kind::WrongHost => true,
    }
}

/// An answer of each kind, made as the server makes it.
pub(super) fn sample(kind: Kind) -> Response {
    match kind {
        Kind::WrongParameters => wrong_parameters(),
        Kind::MalformedBody => problem::malformed_body("reading it fails at line 1, column 7"),
        Kind::MalformedNumber => problem::refused_number(Reason::Malformed),
        Kind::NotFound => problem::not_found(),
        Kind::NotOfThisSeries => problem::refused_number(Reason::CheckCharacter),
        Kind::MethodNotAllowed => problem::method_not_allowed("GET"),
        Kind::NotAcceptable => problem::not_acceptable(),
        Kind::BodyTooLarge => problem::body_too_large(),
        Kind::UnsupportedMediaType => problem::unsupported_media_type(),
        Kind::UnsupportedContentCoding => problem::unsupported_content_coding(),
        Kind::UnsupportedTransferCoding => problem::unsupported_transfer_coding(),
        Kind::UnexpectedBody => problem::unexpected_body(),
        Kind::FragmentInTarget => problem::fragment_in_target(),
        Kind::CrossSite => problem::cross_site(),
        Kind::NoNumber => problem::no_number(Duration::from_secs(2)),
        Kind::TargetTooLong => problem::target_too_long(),
        Kind::HeadersTooLarge => problem::headers_too_large(),
        Kind::BrokenBody => problem::broken_body(),
        Kind::TooManyInFlight => problem::too_many_in_flight(),
        Kind::Ending => problem::ending(),
        Kind::Unauthorized => problem::unauthorized(Unauthorized::Unknown),
        Kind::Forbidden => problem::forbidden(Scope::Issue),
        Kind::TooManyRequests => problem::too_many_requests(Duration::from_secs(1)),
        Kind::BatchBeyondBurst => problem::batch_beyond_burst(1_000),
        Kind::WrongHost => problem::wrong_host(),
        Kind::Undecided => problem::undecided(),
        Kind::TooManyBatches => problem::too_many_batches(),
    }
}

fn wrong_parameters() -> Response {
    let mut order = OrderBuilder::new(Required::NONE);
    order.set("weight", "1.2345").set("orgin_country_id", "MY");
    match order.build() {
        Err(errors) => problem::wrong_order(&errors),
        Ok(_) => problem::wrong_parameters(&[]),
    }
}

/// The body of a sample, which is there as a whole.
fn body(kind: Kind) -> Value {
    let body = sample(kind).into_body();
    let mut context = Context::from_waker(Waker::noop());
    match pin!(body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame
            .into_data()
            .ok()
            .and_then(|data| serde_json::from_slice(&data).ok())
            .unwrap_or_default(),
        _ => Value::Null,
    }
}

pub(super) fn example(kind: Kind) -> ExampleBuilder {
    ExampleBuilder::new()
        .summary(kind.title())
        .value(Some(body(kind)))
}

pub(super) fn schema(kind: Kind) -> ObjectBuilder {
    let status = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some([kind.status().as_u16()]));
    let detail = text("What it is this time, for people.").min_length(Some(1));
    let mut problem = closed(kind.explanation());
    problem = with(problem, "type", always(kind.uri()));
    problem = with(problem, "title", always(kind.title()));
    problem = with(problem, "status", status);
    problem = with(problem, "detail", detail);
    let body = body(kind);
    if body.get("errors").is_some() {
        let errors = ArrayBuilder::new()
            .items(Ref::from_schema_name("WrongParameter"))
            .min_items(Some(1));
        problem = with(problem, "errors", errors);
    }
    if body.get("code").is_some() {
        let codes = Reason::ALL
            .into_iter()
            .filter(|reason| problem::of_reason(*reason) == kind)
            .map(Reason::code);
        let code = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(codes));
        problem = with(problem, "code", code);
    }
    problem.examples([body])
}
