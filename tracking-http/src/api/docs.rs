//! The OpenAPI document, and a page that shows it: Swagger UI, with all its files in this program.

use std::sync::Arc;

use hyper::body::Bytes;
use warp::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::Kind;
use crate::api::state::Api;

/// The page gets its own files and the document, may try requests here, and reaches nobody else. Swagger UI
/// sets styles of elements and draws its icons as `data:` URLs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page, which also answers where no file is named.
const PAGE: File = File {
    name: "",
    content_type: "text/html; charset=utf-8",
    bytes: include_bytes!("docs/index.html"),
};

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const PNG: &str = "image/png";

/// A file of Swagger UI, as `build.rs` unpacked it.
macro_rules! unpacked {
    ($name:literal, $content_type:ident) => {
        File {
            name: $name,
            content_type: $content_type,
            bytes: include_bytes!(concat!(env!("OUT_DIR"), "/", $name)),
        }
    };
}

/// The files that the page asks for. Swagger UI ships others, which nothing here needs.
static FILES: [File; 7] = [
    unpacked!("index.css", CSS),
    unpacked!("swagger-ui.css", CSS),
    unpacked!("swagger-ui-bundle.js", JS),
    unpacked!("swagger-ui-standalone-preset.js", JS),
    // Names the document. Without a validator: it would show a badge that another server makes of the document.
    File {
        name: "swagger-initializer.js",
        content_type: JS,
        bytes: include_bytes!("docs/swagger-initializer.js"),
    },
    unpacked!("favicon-16x16.png", PNG),
    unpacked!("favicon-32x32.png", PNG),
];

struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
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
    let mut answer = answer::of(Bytes::from_static(file.bytes), file.content_type);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    answer.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoints::Target;

    #[test]
    fn every_file_is_there_and_the_page_asks_for_no_other() {
        for file in &FILES {
            assert!(!file.bytes.is_empty(), "{}", file.name);
        }
        let page = str::from_utf8(PAGE.bytes).unwrap();
        assert!(page.contains("<title>tracking: HTTP API</title>"), "{page}");
        let quoted: Vec<&str> = page
            .split(['"', '\''])
            .filter(|text| text.contains(".css") || text.contains(".js") || text.contains(".png"))
            .collect();
        assert_eq!(quoted.len(), FILES.len(), "{quoted:?}");
        for path in quoted {
            let endpoint = Target::of(path).endpoint.unwrap();
            assert_eq!(endpoint.label(), "/docs", "{path}");
        }
    }

    #[test]
    fn the_page_is_told_to_reach_nobody_else() {
        let script = file("swagger-initializer.js").unwrap();
        let script = str::from_utf8(script.bytes).unwrap();
        assert!(script.contains(r#""url": "/openapi.json""#), "{script}");
        assert!(script.contains(r#""validatorUrl": "none""#), "{script}");
        assert!(!script.contains("http"), "{script}");
    }

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
