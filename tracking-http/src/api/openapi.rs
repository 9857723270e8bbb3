//! `GET /openapi.json`: what this server takes and answers, as an OpenAPI 3.1 document.
//!
//! It is made of what the server itself goes by, wherever that can be had: paths and methods come from the
//! [table of endpoints](crate::api::endpoints), limits from the constants that are enforced, each problem with its
//! headers from the answer that is really given. So it is made once by the program itself, and not before it is
//! asked for: making it takes 2 MB, which few servers would ever need.

mod operations;
mod problems;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use hyper::body::Bytes;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, OpenApiVersion,
    PathsBuilder, ServerBuilder,
};

use crate::api::endpoints::ENDPOINTS;
use crate::api::problems::Kind;
use crate::api::schema::{self, headers};

const DESCRIPTION: &str = "\
Hands out parcel tracking numbers that never repeat.

- A path also works with a slash at its end, or without the one it has here.
- Any other method of a path here is answered 405, with the header `Allow`.
- What is wrong with a request is told as `application/problem+json` (RFC 9457), all of it at once; nothing \
was issued then. The `type` is a path that answers with an explanation.
- What a request says and nobody reads is refused where numbers are issued or judged: it must not vanish silently.
- What is no HTTP/1.1 at all is answered 400 or 431 without a body, and the connection is closed.";

/// What there are endpoints for.
const TAGS: [(&str, &str); 3] = [
    ("numbers", "Take numbers, and ask about them."),
    ("service", "For whatever watches over the server."),
    ("documentation", "What you read."),
];

/// The name of the security scheme.
const BEARER: &str = "bearer";

/// The document's bytes. The first call makes them, in a few milliseconds.
pub(crate) fn json() -> Bytes {
    static JSON: LazyLock<Bytes> = LazyLock::new(|| {
        let document = document();
        #[expect(
            clippy::expect_used,
            reason = "it depends on nothing that is not compiled in, and tests make it"
        )]
        let json = document.to_json().expect("all its keys are strings");
        json.into()
    });
    JSON.clone()
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("tracking")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new()
                .name("MIT OR Apache-2.0")
                .identifier(Some("MIT OR Apache-2.0"))
                .build(),
        ));
    let mut paths = PathsBuilder::new();
    for endpoint in &ENDPOINTS {
        paths = paths.path(endpoint.label(), operations::path_item(endpoint));
    }
    let mut components = ComponentsBuilder::new().security_scheme(BEARER, bearer());
    for (name, schema) in schema::all() {
        components = components.schema(name, schema);
    }
    for (name, header) in headers::all() {
        components = components.header(name, header);
    }
    for kind in Kind::ALL {
        let name = problems::name(kind);
        components = components
            .schema(name.as_str(), problems::schema(kind))
            .example(name, problems::example(kind));
    }
    OpenApiBuilder::new()
        .openapi(OpenApiVersion::Version31)
        .info(info.build())
        .servers(Some([ServerBuilder::new().url("/").build()]))
        .paths(paths)
        .components(Some(components.build()))
        .tags(Some(TAGS.map(|(name, description)| {
            TagBuilder::new()
                .name(name)
                .description(Some(description))
                .build()
        })))
        .build()
}

fn bearer() -> SecurityScheme {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("opaque")
        .description(Some(
            "A token (RFC 6750), where the server was given tokens; one without asks for none. Scopes: `issue` \
             takes numbers, `read` asks about them, `metrics` reads the metrics.",
        ));
    SecurityScheme::Http(scheme.build())
}

/// A reference to a part of the document, such as `schemas`.
fn reference(part: &str, name: &str) -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::new(format!("#/components/{part}/{name}"))
}
