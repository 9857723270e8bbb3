mod examples;
mod patterns;

use std::collections::BTreeSet;

use tracking_core::order::{CustomerName, CustomerSlug, Parameter};

use super::operations::ALWAYS;
use super::*;
use crate::api::endpoints::Endpoint;
use crate::api::sizes::{BODY_LENGTH_MAX, COUNT_MAX};

/// The document.
fn json() -> Value {
    serde_json::from_slice(&super::json()).unwrap()
}

/// Every method of every path that is documented, with its operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap();
            methods
                .iter()
                .map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

#[test]
fn every_endpoint_is_documented_with_its_methods() {
    let document = json();
    let paths: BTreeSet<&str> = operations(&document)
        .iter()
        .map(|(path, ..)| *path)
        .collect();
    let known: BTreeSet<&str> = ENDPOINTS
        .iter()
        .filter(|row| !row.is_page())
        .map(Endpoint::label)
        .collect();
    assert_eq!(paths, known);
    let described: Document = serde_json::from_str(DOCUMENT).unwrap();
    let described: BTreeSet<&str> = described.paths.keys().map(String::as_str).collect();
    assert_eq!(described, known);
    for endpoint in ENDPOINTS.iter().filter(|row| !row.is_page()) {
        let methods: BTreeSet<String> = operations(&document)
            .iter()
            .filter(|(found, ..)| *found == endpoint.label())
            .map(|(_, method, _)| method.to_uppercase())
            .collect();
        let allowed = endpoint.allowed.split(", ").map(str::to_owned);
        assert_eq!(methods, allowed.collect(), "{}", endpoint.label());
    }
}

#[test]
fn every_kind_of_problem_is_documented() {
    let document = json();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut of_type: BTreeMap<&str, &Value> = BTreeMap::new();
    for schema in schemas.values() {
        if let Some(uri) = schema["properties"]["type"]["enum"][0].as_str() {
            of_type.insert(uri, schema);
        }
    }
    let kinds: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
    assert_eq!(of_type.keys().copied().collect::<BTreeSet<_>>(), kinds);
    for kind in Kind::ALL {
        let schema = of_type[kind.uri()];
        assert_eq!(schema["properties"]["title"]["enum"][0], kind.title());
        assert_eq!(
            schema["properties"]["status"]["enum"][0],
            kind.status().as_u16()
        );
        let example = schema["examples"][0].as_object().unwrap();
        assert_eq!(example["type"], kind.uri());
        assert_eq!(
            document["components"]["examples"][format!("{kind:?}")]["value"],
            schema["examples"][0]
        );
        // All that is there must be, and nothing else may.
        let members: BTreeSet<&str> = example.keys().map(String::as_str).collect();
        let required = schema["required"].as_array().unwrap();
        assert_eq!(
            required
                .iter()
                .map(|name| name.as_str().unwrap())
                .collect::<BTreeSet<_>>(),
            members
        );
        assert_eq!(schema["additionalProperties"], false);
    }
}

/// But for a method that no path has.
#[test]
fn every_kind_of_problem_is_some_answer() {
    let text = String::from_utf8(super::json().to_vec()).unwrap();
    for kind in Kind::ALL {
        let reference = format!("\"$ref\":\"#/components/examples/{kind:?}\"");
        let is_answer = text.contains(&reference);
        assert_eq!(is_answer, kind != Kind::MethodNotAllowed, "{kind:?}");
    }
}

#[test]
fn every_header_of_a_problem_is_documented() {
    let document = json();
    let known = document["components"]["headers"].as_object().unwrap();
    let known: Vec<String> = known.keys().map(|name| name.to_ascii_lowercase()).collect();
    for kind in Kind::ALL {
        for name in problems::sample(kind).headers().keys() {
            let is_known = known.iter().any(|known| known == name.as_str());
            assert!(is_known || name == "content-type", "{kind:?}: {name}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                members.values().for_each(|value| walk(value, document));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, document)),
            _ => {}
        }
    }
    let document = json();
    walk(&document, &document);
}

#[test]
fn operations_are_told_apart_and_every_answer_has_the_headers_of_all() {
    let document = json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{path}"
        );
        for (status, answer) in operation["responses"].as_object().unwrap() {
            for name in ALWAYS {
                assert!(
                    answer["headers"][name].is_object(),
                    "{method} {path} {status}: {name}"
                );
            }
            let has_body = method != "head";
            assert_eq!(
                answer["content"].is_object(),
                has_body,
                "{method} {path} {status}"
            );
        }
    }
}

/// What generators of clients and validators in doubles stumble over.
#[test]
fn paths_are_required_and_nothing_is_a_multiple() {
    let document = json();
    for (path, method, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "path") {
            assert_eq!(parameter["required"], true, "{method} {path}");
        }
    }
    assert!(!document.to_string().contains("multipleOf"));
}

#[test]
fn limits_are_those_that_are_enforced() {
    let schemas = &json()["components"]["schemas"];
    let count = &schemas["OrderOfMany"]["properties"]["count"];
    assert_eq!(
        (&count["minimum"], &count["maximum"]),
        (&1.into(), &1_000_000.into())
    );
    for name in ["Order", "OrderOfMany"] {
        assert_eq!(schemas[name]["additionalProperties"], false, "{name}");
    }
    assert_eq!(schemas["CustomerName"]["maxLength"], 255);
    assert_eq!(schemas["CustomerSlug"]["maxLength"], 255);
    assert_eq!(schemas["TrackingNumber"]["maxLength"], 16);
}

/// The files' numbers are the code's.
#[test]
fn limits_are_the_constants_of_the_code() {
    let document = json();
    let schemas = &document["components"]["schemas"];
    for (name, pointer, limit) in [
        (
            "OrderOfMany",
            "/properties/count/maximum",
            COUNT_MAX as usize,
        ),
        (
            "IssuedMany",
            "/properties/tracking_numbers/maxItems",
            COUNT_MAX as usize,
        ),
        ("CustomerName", "/maxLength", CustomerName::CHARS_MAX),
        ("CustomerSlug", "/maxLength", CustomerSlug::CHARS_MAX),
        (
            "TrackingNumber",
            "/maxLength",
            tracking_core::TrackingNumber::MAX_LENGTH,
        ),
    ] {
        assert_eq!(
            schemas[name].pointer(pointer),
            Some(&limit.into()),
            "{name}"
        );
    }
    let body = &document["paths"]["/tracking-numbers"]["post"]["requestBody"];
    assert_eq!(
        body["description"],
        format!("At most {BODY_LENGTH_MAX} bytes.")
    );
}

/// What is said of an order's fields in its object is said of them in queries.
#[test]
fn parameters_are_the_fields_of_an_order() {
    let document = json();
    let fields = &document["components"]["schemas"]["Order"]["properties"];
    for (path, required) in [
        ("/next-tracking-number", false),
        ("/api/next-tracking-number/", true),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let parameters = parameters.unwrap();
        let others: Vec<_> = parameters[Parameter::ALL.len()..]
            .iter()
            .map(|parameter| (&parameter["in"], &parameter["name"], &parameter["required"]))
            .collect();
        let recorded = [
            (&json!("query"), &json!("reference"), &json!(false)),
            (&json!("header"), &json!("Idempotency-Key"), &json!(false)),
        ];
        assert_eq!(others, recorded);
        for (parameter, field) in parameters.iter().zip(Parameter::ALL) {
            assert_eq!(parameter["name"], field.name());
            assert_eq!(parameter["in"], "query");
            assert_eq!(parameter["required"], required);
            let described = &fields[field.name()];
            assert_eq!(parameter["description"], described["description"]);
            let any = described["anyOf"].as_array().unwrap();
            let [.., given, absent, _null] = &any[..] else {
                panic!("{any:?}");
            };
            let schema = &parameter["schema"];
            match required {
                true => assert_eq!(schema, given),
                false => assert_eq!(schema, &json!({"anyOf": [given, absent]})),
            }
        }
    }
}

#[test]
fn tags_are_told_what_they_are_for() {
    let document = json();
    let tags = document["tags"].as_array().unwrap();
    let told: BTreeSet<&str> = tags
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let operations = operations(&document);
    let used = operations
        .iter()
        .map(|(.., operation)| operation["tags"][0].as_str().unwrap());
    assert_eq!(used.collect::<BTreeSet<_>>(), told);
}
