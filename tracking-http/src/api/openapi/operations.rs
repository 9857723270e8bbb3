//! What is done at each path: the operation that the document describes, for each of the endpoint's methods, with
//! its scope, its headers and its problems.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{problems, reference};
use crate::api::endpoints::{Endpoint, Need};
use crate::api::problems::Kind;

/// The headers that every answer has.
pub(super) const ALWAYS: [&str; 3] = ["X-Request-Id", "Cache-Control", "X-Content-Type-Options"];

/// Those of an answer to somebody who may take so many numbers a second.
const OF_RATES: [&str; 2] = ["RateLimit", "RateLimit-Policy"];

/// All methods of an endpoint's path, made of the one that is described. `known` are the document's headers.
pub(super) fn complete(
    path: &mut Map<String, Value>,
    endpoint: &Endpoint,
    known: &Map<String, Value>,
) {
    let described = path.clone();
    for method in endpoint.allowed.split(", ") {
        let name = method.to_ascii_lowercase();
        // HEAD and OPTIONS are as GET is.
        if let Some(operation) = described.get(&name).or_else(|| described.get("get")) {
            let operation = of_method(method, operation.clone(), endpoint, known);
            path.insert(name, operation);
        }
    }
}

fn of_method(
    method: &str,
    mut operation: Value,
    endpoint: &Endpoint,
    known: &Map<String, Value>,
) -> Value {
    let is_head = method == "HEAD";
    let other = match method {
        "HEAD" => Some(("Head", " (headers alone)")),
        "OPTIONS" => Some(("Options", " (as some probe it)")),
        _ => None,
    };
    if let Some((ending, remark)) = other {
        append(&mut operation["operationId"], ending);
        append(&mut operation["summary"], remark);
    }
    if let Some(scope) = endpoint.scope_of(method) {
        let needs = format!("\n\nWhere the server asks for tokens: one with the scope `{scope}`.");
        append(&mut operation["description"], &needs);
        // Either of the two.
        operation["security"] = json!([{}, {"bearer": [scope.as_str()]}]);
    }
    if endpoint.records_by(method) {
        recording(&mut operation, method);
    }
    let mut kinds: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in Kind::ALL {
        if endpoint.may_answer(method, kind) {
            let status = match endpoint.issues_by(method) {
                true => kind.status(),
                false => kind.status_of_reading(),
            };
            kinds.entry(status.as_u16()).or_default().push(kind);
        }
    }
    let answers = &mut operation["responses"];
    answers["200"]["headers"] = headers(endpoint, method, &[], known);
    for (status, kinds) in kinds {
        let mut answer = problem(status, &kinds);
        answer["headers"] = headers(endpoint, method, &kinds, known);
        answers[status.to_string()] = answer;
    }
    if is_head {
        let answers = answers.as_object_mut().into_iter().flatten();
        for answer in answers.filter_map(|(_, answer)| answer.as_object_mut()) {
            answer.remove("content");
        }
    }
    operation
}

/// What a server with a ledger reads beside the order.
fn recording(operation: &mut Value, method: &str) {
    let Value::Array(parameters) = &mut operation["parameters"] else {
        return;
    };
    if method == "GET" {
        parameters.push(json!({
            "name": "reference",
            "in": "query",
            "description": "Where the server has a ledger: what the caller calls the parcel.",
            "required": false,
            "schema": {"anyOf": [reference("schemas", "GivenReference"), reference("schemas", "Absent")]},
            "example": "PO-4711",
        }));
    }
    parameters.push(json!({
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Where the server has a ledger: sent again with the same key, the request gets the same answer \
                        (draft-ietf-httpapi-idempotency-key-header). Up to 1,000 numbers; a new UUID is a good one.",
        "required": false,
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]([ -~]*[!-~])?$"},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    }));
}

fn append(text: &mut Value, more: &str) {
    if let Value::String(text) = text {
        text.push_str(more);
    }
}

/// Problems of one status.
fn problem(status: u16, kinds: &[Kind]) -> Value {
    let titles: Vec<&str> = kinds.iter().map(|kind| kind.title()).collect();
    let names = kinds.iter().map(|kind| problems::name(*kind));
    let one_of: Vec<Value> = names
        .clone()
        .map(|name| reference("schemas", &name))
        .collect();
    let schema = match &*one_of {
        [one] => one.clone(),
        several => json!({"oneOf": several}),
    };
    let example = |kind: &Kind| {
        let name = problems::name(*kind);
        let example = match kind.status().as_u16() == status {
            true => reference("examples", &name),
            false => problems::example_of_reading(*kind),
        };
        (name, example)
    };
    let examples: Map<String, Value> = kinds.iter().map(example).collect();
    json!({
        "description": format!("{}.", titles.join(". Or: ")),
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    })
}

/// The headers of every answer, and those that the answers of these kinds have.
fn headers(endpoint: &Endpoint, method: &str, kinds: &[Kind], known: &Map<String, Value>) -> Value {
    let samples: Vec<_> = kinds.iter().map(|kind| problems::sample(*kind)).collect();
    let mut headers = Map::new();
    for (name, header) in known {
        let having = samples
            .iter()
            .filter(|answer| answer.headers().contains_key(name))
            .count();
        // Of whoever has a rate.
        let may_count = endpoint.need_of(method) != Need::Nothing && OF_RATES.contains(&&**name);
        let may_replay =
            kinds.is_empty() && endpoint.records_by(method) && name == "Idempotent-Replayed";
        let header = if ALWAYS.contains(&&**name) || (having > 0 && having == samples.len()) {
            reference("headers", name)
        } else if having > 0 || may_count || may_replay {
            // Not there with each of them.
            json!({"schema": header["schema"], "example": header["example"]})
        } else {
            continue;
        };
        headers.insert(name.clone(), header);
    }
    headers.into()
}
