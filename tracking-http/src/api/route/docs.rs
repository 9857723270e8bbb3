//! The files of the page `/docs`.

/// The files that the page asks for, with their content types. Swagger UI ships others, which nothing
/// here needs.
pub(crate) const DOCS_FILES: [(&str, &str); 7] = [
    ("index.css", "text/css; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    (
        "swagger-ui-standalone-preset.js",
        "text/javascript; charset=utf-8",
    ),
    ("swagger-initializer.js", "text/javascript; charset=utf-8"),
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
];

/// What stands behind `/docs`: the name of a file, empty for the page itself.
pub(super) fn file(path: &str) -> Option<&str> {
    match path.strip_prefix('/') {
        None => path.is_empty().then_some(path),
        Some(name) => (name.is_empty() || content_type_of_docs(name).is_some()).then_some(name),
    }
}

/// The content type of such a file.
pub(crate) fn content_type_of_docs(name: &str) -> Option<&'static str> {
    DOCS_FILES
        .iter()
        .find_map(|(file, content_type)| (*file == name).then_some(*content_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_paths_are_nothing() {
        for path in [
            "x",
            "/x",
            "//",
            "/index.html",
            "/swagger-ui.js",
            "/../Cargo.toml",
            "/oauth2-redirect.html",
        ] {
            assert_eq!(file(path), None, "{path}");
        }
    }
}
