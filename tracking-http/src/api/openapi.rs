//! `GET /openapi.json`: what this server takes and answers, as an OpenAPI 3.1 document.
//!
//! What is fixed of it stands in two files: `document.json` describes each path by its first method and its right
//! answer, `schemas.json` what requests and answers are made of; tests hold the limits, patterns and examples there
//! to the code that enforces or makes them. What the tables decide is made of the [table of
//! endpoints](crate::api::endpoints) and of the answer that is really given to each kind of problem. So the document
//! is made once by the program itself, and not before it is asked for, which few servers ever are.

mod operations;
mod problems;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hyper::body::Bytes;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};

use crate::api::endpoints::ENDPOINTS;
use crate::api::problems::{Kind, NAMES};

const DOCUMENT: &str = include_str!("openapi/document.json");
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// The document's bytes. The first call makes them, in a few milliseconds.
pub(crate) fn json() -> Bytes {
    static JSON: LazyLock<Bytes> = LazyLock::new(|| {
        #[expect(
            clippy::expect_used,
            reason = "it depends on nothing that is not compiled in, and tests make it"
        )]
        let json = document().expect("its files are JSON");
        json.into()
    });
    JSON.clone()
}

fn document() -> serde_json::Result<Vec<u8>> {
    let names = serde_json::to_string(&NAMES[..])?;
    let fixed = DOCUMENT.replace("\"{problems}\"", &names);
    let mut document: Document = serde_json::from_str(&fixed)?;
    document.info["version"] = env!("CARGO_PKG_VERSION").into();
    let Components {
        schemas,
        examples,
        headers,
        ..
    } = &mut document.components;
    for endpoint in &ENDPOINTS {
        if let Some(path) = document.paths.get_mut(endpoint.label()) {
            operations::complete(path, endpoint, headers);
        }
    }
    *schemas = serde_json::from_str(SCHEMAS)?;
    for kind in Kind::ALL {
        let name = problems::name(kind);
        schemas.insert(name.clone(), to_raw_value(&problems::schema(kind))?);
        examples.insert(name, problems::example(kind));
    }
    serde_json::to_vec(&document)
}

/// The members of the document, in the order in which they are written.
#[derive(Deserialize, Serialize)]
struct Document {
    openapi: Value,
    info: Value,
    servers: Value,
    tags: Value,
    #[serde(serialize_with = "in_the_order_of_the_table")]
    paths: BTreeMap<String, Map<String, Value>>,
    components: Components,
}

#[derive(Deserialize, Serialize)]
struct Components {
    /// As they are written in their file, so that the page shows their members in that order.
    #[serde(default)]
    schemas: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    examples: Map<String, Value>,
    headers: Map<String, Value>,
    #[serde(rename = "securitySchemes")]
    security_schemes: Value,
}

fn in_the_order_of_the_table<S: Serializer>(
    paths: &BTreeMap<String, Map<String, Value>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let labels = ENDPOINTS.iter().map(|endpoint| endpoint.label());
    serializer.collect_map(labels.filter_map(|label| paths.get_key_value(label)))
}

/// A reference to a part of the document, such as `schemas`.
fn reference(part: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{part}/{name}")})
}
