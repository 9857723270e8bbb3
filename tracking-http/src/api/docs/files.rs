//! The files of the page `/docs`.

/// The files that the page asks for, with their content types. Swagger UI ships others, which nothing
/// here needs.
pub(super) const ALL: [(&str, &str); 7] = [
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

/// The content type of such a file.
pub(super) fn content_type(name: &str) -> Option<&'static str> {
    let mut files = ALL.iter();
    files.find_map(|(file, content_type)| (*file == name).then_some(*content_type))
}

/// Whether the page asks for a file of that name.
pub(crate) fn has_file(name: &str) -> bool {
    content_type(name).is_some()
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
