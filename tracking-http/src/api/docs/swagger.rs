//! The page, and the files of Swagger UI that it asks for.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::ZlibDecoder;
use hyper::body::Bytes;

use super::File;

/// The page, which also answers where no file is named.
pub(super) static PAGE: File = File {
    name: "",
    content_type: "text/html; charset=utf-8",
    bytes: LazyLock::new(|| Bytes::from_static(include_bytes!("index.html"))),
};

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const PNG: &str = "image/png";

/// A file of Swagger UI, as `build.rs` packed it.
macro_rules! packed {
    ($name:literal, $content_type:ident) => {
        File {
            name: $name,
            content_type: $content_type,
            bytes: LazyLock::new(|| unpacked(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))),
        }
    };
}

/// What was packed, which is done once for each file, when it is first asked for.
fn unpacked(packed: &[u8]) -> Bytes {
    let mut bytes = Vec::new();
    #[expect(
        clippy::expect_used,
        reason = "it is part of the program, and a test unpacks each file"
    )]
    ZlibDecoder::new(packed)
        .read_to_end(&mut bytes)
        .expect("a file as it was packed");
    bytes.into()
}

/// The files that the page asks for. Swagger UI ships others, which nothing here needs.
pub(super) static FILES: [File; 7] = [
    packed!("index.css", CSS),
    packed!("swagger-ui.css", CSS),
    packed!("swagger-ui-bundle.js", JS),
    packed!("swagger-ui-standalone-preset.js", JS),
    // Names the document. Without a validator: it would show a badge that another server makes of the document.
    File {
        name: "swagger-initializer.js",
        content_type: JS,
        bytes: LazyLock::new(|| Bytes::from_static(include_bytes!("swagger-initializer.js"))),
    },
    packed!("favicon-16x16.png", PNG),
    packed!("favicon-32x32.png", PNG),
];

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;
    use crate::api::endpoints::Target;

    #[test]
    fn every_file_is_there_and_the_page_asks_for_no_other() {
        for file in &FILES {
            assert!(!file.bytes.is_empty(), "{}", file.name);
        }
        let page = str::from_utf8(&PAGE.bytes).unwrap();
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
        let script = str::from_utf8(&script.bytes).unwrap();
        assert!(script.contains(r#""url": "/openapi.json""#), "{script}");
        assert!(script.contains(r#""validatorUrl": "none""#), "{script}");
        assert!(!script.contains("http"), "{script}");
    }
}
