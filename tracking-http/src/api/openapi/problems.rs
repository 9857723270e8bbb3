//! Each kind of problem, as the server answers it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hyper::body::Body;
use serde_json::Value;
use tracking_core::Reason;
use tracking_core::order::{OrderBuilder, Required};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Ref, Type};
use warp::reply::Response;

use crate::api::problems::{self, Kind};
use crate::api::schema::{always, closed, text_schema, with};

/// The name of its schema and of its example.
pub(super) fn name(kind: Kind) -> String {
    format!("{kind:?}")
}

/// An answer of each kind, made as the server makes it.
pub(super) fn sample(kind: Kind) -> Response {
    match kind {
        Kind::WrongParameters => wrong_parameters(),
        Kind::MalformedNumber => problems::refused_number(Reason::Malformed),
        Kind::NotOfThisSeries => problems::refused_number(Reason::CheckCharacter),
        kind => kind.answer(),
    }
}

fn wrong_parameters() -> Response {
    let mut order = OrderBuilder::new(Required::NONE);
    order.set("weight", "1.2345").set("orgin_country_id", "MY");
    match order.build() {
        Err(errors) => problems::wrong_order(&errors),
        Ok(_) => problems::wrong_parameters(&[]),
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
    let detail = text_schema("What it is this time, for people.").min_length(Some(1));
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
            .filter(|reason| problems::of_reason(*reason) == kind)
            .map(Reason::code);
        let code = ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(codes));
        problem = with(problem, "code", code);
    }
    problem.examples([body])
}
