//! The headers of answers.

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{Header, ObjectBuilder, Type};

use super::schemas::{always, text};

/// Those that every answer has.
pub(crate) const ALWAYS: [&str; 3] = ["X-Request-Id", "Cache-Control", "X-Content-Type-Options"];

/// Those of an answer to somebody who may take so many numbers a second.
pub(crate) const OF_RATES: [&str; 2] = ["RateLimit", "RateLimit-Policy"];

/// Every header that is documented, with its schema and an example.
pub(crate) fn all() -> Vec<(&'static str, Header)> {
    vec![
        (
            "X-Request-Id",
            header(
                text("The request's, if it has one that is sane; else one made here.")
                    .min_length(Some(1)),
                "0198c0de-0000-7000-8000-000000000000",
            ),
        ),
        ("Cache-Control", header(always("no-store"), "no-store")),
        (
            "X-Content-Type-Options",
            header(always("nosniff"), "nosniff"),
        ),
        (
            "Retry-After",
            header(
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .description(Some("After how many seconds asking again may help."))
                    .minimum(Some(1)),
                1,
            ),
        ),
        (
            "Accept-Encoding",
            header(
                text("The codings of a body that are taken: none.").min_length(Some(1)),
                "identity",
            ),
        ),
        (
            "Allow",
            header(
                text("The methods that are answered here.").min_length(Some(3)),
                "GET",
            ),
        ),
        (
            "Connection",
            header(
                text("Whether the connection ends with this answer."),
                "close",
            ),
        ),
        (
            "WWW-Authenticate",
            header(
                text("What is asked for (RFC 6750).").pattern(Some("^Bearer")),
                "Bearer realm=\"tracking\", error=\"invalid_token\"",
            ),
        ),
        (
            "RateLimit",
            header(
                text("What is left of the rate (draft-ietf-httpapi-ratelimit-headers).")
                    .min_length(Some(1)),
                "\"numbers\";r=99;t=1",
            ),
        ),
        (
            "RateLimit-Policy",
            header(
                text("The rate (draft-ietf-httpapi-ratelimit-headers).").min_length(Some(1)),
                "\"numbers\";q=100;w=1",
            ),
        ),
    ]
}

fn header(schema: ObjectBuilder, example: impl Into<Value>) -> Header {
    HeaderBuilder::new()
        .schema(Some(schema))
        .example(Some(example.into()))
        // OpenAPI has this member, and utoipa has no name for it.
        .extensions(Some(Extensions::from_iter([("required", true)])))
        .build()
}
