//! The OpenAPI document, and a page that shows it: Swagger UI, with all its files in this program.

mod files;

use std::sync::{Arc, LazyLock};

use hyper::body::Bytes;
use utoipa_swagger_ui::{Config, serve};
use warp::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};

use self::files::content_type;
pub(super) use self::files::has_file;
use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::Kind;
use crate::api::state::Api;

/// The page gets its own files and the document, may try requests here, and reaches nobody else. Swagger UI
/// sets styles of elements and draws its icons as `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/openapi.json")
        // Else the page shows a badge that another server makes of the document.
        .validator_url("none")
        .deep_linking(true)
        .display_request_duration(true);
    Arc::new(config)
});

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
    let found = match content_type(&asked.parameter) {
        Some(content_type) => embedded(&asked.parameter).map(|file| answer::of(file, content_type)),
        None => index().map(|page| answer::of(page, "text/html; charset=utf-8")),
    };
    let Some(mut answer) = found else {
        return Kind::NotFound.answer().into();
    };
    let policy = HeaderValue::from_static(POLICY);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer.into()
}

/// From this program's own memory, and not copied, but for the file that the configuration is put into.
fn embedded(name: &str) -> Option<Bytes> {
    let file = serve(name, Arc::clone(&CONFIG)).ok()??;
    Some(match file.bytes {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    })
}

/// Swagger UI's page with our title, and with its files' paths in full: it stands at `/docs` and at `/docs/`.
fn index() -> Option<Bytes> {
    static PAGE: LazyLock<Option<Bytes>> = LazyLock::new(|| {
        let page = embedded("index.html")?;
        let page = String::from_utf8_lossy(&page)
            .replace(
                "<title>Swagger UI</title>",
                "<title>tracking: HTTP API</title>",
            )
            .replace("=\"./", "=\"/docs/")
            .replace("href=\"index.css\"", "href=\"/docs/index.css\"");
        Some(page.into())
    });
    PAGE.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoints::Target;

    #[test]
    fn every_file_is_there_and_the_page_asks_for_no_other() {
        for (name, _) in files::ALL {
            assert!(
                embedded(name).is_some_and(|bytes| !bytes.is_empty()),
                "{name}"
            );
        }
        let page = String::from_utf8(index().unwrap().to_vec()).unwrap();
        assert!(page.contains("<title>tracking: HTTP API</title>"), "{page}");
        let quoted: Vec<&str> = page
            .split(['"', '\''])
            .filter(|text| text.contains(".css") || text.contains(".js") || text.contains(".png"))
            .collect();
        assert_eq!(quoted.len(), files::ALL.len(), "{quoted:?}");
        for path in quoted {
            let endpoint = Target::of(path).endpoint.unwrap();
            assert_eq!(endpoint.label(), "/docs", "{path}");
        }
    }

    #[test]
    fn the_page_is_told_to_reach_nobody_else() {
        let script = embedded("swagger-initializer.js").unwrap();
        let script = String::from_utf8(script.to_vec()).unwrap();
        assert!(script.contains(r#""url": "/openapi.json""#), "{script}");
        assert!(script.contains(r#""validatorUrl": "none""#), "{script}");
        assert!(!script.contains("http"), "{script}");
    }
}
