//! Each kind of problem, as the server answers it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hyper::body::Body;
use serde_json::{Value, json};
use tracking_core::Reason;
use tracking_core::order::{Order, Required};
use warp::reply::Response;

use super::reference;
use crate::api::problems::{self, Kind};

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
    let wrong = [("weight", "1.2345"), ("orgin_country_id", "MY")];
    match Order::from_pairs(wrong, Required::NONE) {
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

pub(super) fn example(kind: Kind) -> Value {
    json!({"summary": kind.title(), "value": body(kind)})
}

/// Of one whose status is another where no numbers are asked for.
pub(super) fn example_of_reading(kind: Kind) -> Value {
    let mut value = body(kind);
    value["status"] = kind.status_of_reading().as_u16().into();
    json!({"summary": kind.title(), "value": value})
}

pub(super) fn schema(kind: Kind) -> Value {
    let body = body(kind);
    let mut statuses = vec![kind.status().as_u16(), kind.status_of_reading().as_u16()];
    statuses.dedup();
    let mut properties = json!({
        "type": {"type": "string", "enum": [kind.uri()]},
        "title": {"type": "string", "enum": [kind.title()]},
        "status": {"type": "integer", "enum": statuses},
        "detail": {"type": "string", "description": "What it is this time, for people.", "minLength": 1},
    });
    let mut required = vec!["type", "title", "status", "detail"];
    if body.get("errors").is_some() {
        let items = reference("schemas", "WrongParameter");
        properties["errors"] = json!({"type": "array", "items": items, "minItems": 1});
        required.push("errors");
    }
    if body.get("code").is_some() {
        let reasons = Reason::ALL.into_iter();
        let reasons = reasons.filter(|reason| problems::of_reason(*reason) == kind);
        let codes: Vec<&str> = reasons.map(Reason::code).collect();
        properties["code"] = json!({"type": "string", "enum": codes});
        required.push("code");
    }
    json!({
        "type": "object",
        "description": kind.explanation(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "examples": [body],
    })
}
