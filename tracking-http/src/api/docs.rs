//! The OpenAPI document, and a page that shows it: Swagger UI, with all its files in this program, if it was built with
//! the feature `docs`.

#[cfg(not(feature = "docs"))]
mod absent;
#[cfg(feature = "docs")]
mod swagger;

use std::sync::{Arc, LazyLock};

use hyper::body::Bytes;
use warp::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::Kind;
use crate::api::state::Api;

#[cfg(not(feature = "docs"))]
use self::absent::{FILES, PAGE};
#[cfg(feature = "docs")]
use self::swagger::{FILES, PAGE};

/// The page gets its own files and the document, may try requests here, and reaches nobody else. Swagger UI
/// sets styles of elements and draws its icons as `data:` URLs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: LazyLock<Bytes>,
}

fn file(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

/// Whether the page asks for a file of that name.
pub(super) fn has_file(name: &str) -> bool {
    file(name).is_some()
}

/// What a kind of problem means.
pub(super) fn problem(_: &Arc<Api>, asked: Asked) -> Answer {
    match Kind::of(&asked.parameter) {
        Some(kind) => answer::text(kind.page()).into(),
        None => Kind::NotFound.answer().into(),
    }
}

pub(super) fn openapi(api: &Arc<Api>, _: Asked) -> Answer {
    answer::json(api.document()).into()
}

/// A file of the page, or the page.
pub(super) fn page(_: &Arc<Api>, asked: Asked) -> Answer {
    let file = file(&asked.parameter).unwrap_or(&PAGE);
    let mut answer = answer::of(file.bytes.clone(), file.content_type);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    answer.into()
}

#[cfg(test)]
mod tests {
    use crate::api::endpoints::Target;

    #[test]
    fn other_paths_are_nothing() {
        for path in [
            "/docsx",
            "/docs/x",
            "/docs//",
            "/docs/swagger-ui.js",
            "/docs/../Cargo.toml",
            "/docs/oauth2-redirect.html",
            "/docs/index.html",
        ] {
            assert!(Target::of(path).endpoint.is_none(), "{path}");
        }
    }
}
