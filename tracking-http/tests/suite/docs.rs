//! The OpenAPI document, and its page in a browser.

use crate::chromium::{chromium, load};
use crate::support::{Client, Program, ask};

fn start() -> Program {
    Program::start(&["--store", "memory:"], &[])
}

#[test]
fn the_document_is_served() {
    let program = start();
    let answer = ask(program.address, "GET", "/openapi.json");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let head = ask(program.address, "HEAD", "/openapi.json");
    assert_eq!(
        head.header("content-length"),
        answer.header("content-length")
    );
    let posted = ask(program.address, "POST", "/openapi.json");
    assert_eq!(
        (posted.status, posted.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

/// The examples that are the seeds' own are answered as they are documented.
#[test]
fn the_examples_are_right() {
    let program = start();
    let document = ask(program.address, "GET", "/openapi.json").json();
    for path in ["/next-tracking-number", "/api/next-tracking-number/"] {
        let operation = &document["paths"][path]["get"];
        let parameters: Vec<(&str, &str)> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            // The server has no ledger.
            .take(7)
            .map(|p| (p["name"].as_str().unwrap(), p["example"].as_str().unwrap()))
            .collect();
        let answer = ask(
            program.address,
            "GET",
            &crate::support::query(path, &parameters),
        );
        assert_eq!(answer.status, 200, "{answer:?}");
        let content = &operation["responses"]["200"]["content"]["application/json"];
        let example = content["example"].as_object().unwrap();
        let mut answered = answer.json();
        for (name, value) in example {
            match name.as_str() {
                "tracking_number" | "created_at" => assert!(answered[name].is_string()),
                _ => assert_eq!(&answered[name], value, "{name}"),
            }
            answered.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(answered, serde_json::json!({}));
    }
    let body = &document["paths"]["/tracking-numbers"]["post"]["requestBody"]["content"];
    let body = body["application/json"]["example"].to_string();
    let answer = Client::connect(program.address).order_many("application/json", &body);
    assert_eq!(
        answer.json()["tracking_numbers"].as_array().unwrap().len(),
        2
    );
}

#[cfg_attr(not(feature = "docs"), ignore = "built without the page")]
#[test]
fn the_page_and_its_files_are_served() {
    let program = start();
    for (path, content_type) in [
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/", "text/html; charset=utf-8"),
        ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
        ("/docs/index.css", "text/css; charset=utf-8"),
        (
            "/docs/swagger-ui-bundle.js",
            "text/javascript; charset=utf-8",
        ),
        (
            "/docs/swagger-initializer.js",
            "text/javascript; charset=utf-8",
        ),
        ("/docs/favicon-32x32.png", "image/png"),
    ] {
        let answer = ask(program.address, "HEAD", path);
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
    }
    for path in [
        "/docsx",
        "/docs/x",
        "/docs//",
        "/docs/index.html",
        "/docs/../livez",
    ] {
        assert_eq!(ask(program.address, "GET", path).status, 404, "{path}");
    }
}

#[cfg(not(feature = "docs"))]
#[test]
fn without_the_page_its_path_names_the_document() {
    let program = start();
    let answer = ask(program.address, "GET", "/docs");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(
        answer.body,
        "This server was built without the page that shows its API (the feature docs). GET /openapi.json describes \
         all of it.\n"
    );
    assert_eq!(
        ask(program.address, "GET", "/docs/swagger-ui.css").status,
        404
    );
}

#[cfg_attr(not(feature = "docs"), ignore = "built without the page")]
#[test]
fn a_browser_shows_all_operations_and_asks_nobody_else() {
    let Some(chromium) = chromium() else { return };
    let program = start();
    let folder = tempfile::tempdir().unwrap();
    let origin = format!("http://{}", program.address);
    let seen = load(chromium, &origin, "/docs", folder.path());
    let document = ask(program.address, "GET", "/openapi.json").json();
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let shown = format!("data-path=\"{path}\"");
        let methods = methods.as_object().unwrap().len();
        assert_eq!(
            seen.dom.matches(&shown).count(),
            methods,
            "{path}: {}",
            seen.dom
        );
        operations += methods;
    }
    assert!(operations >= 9);
    assert!(
        seen.dom.contains("<title>tracking: HTTP API</title>"),
        "{}",
        seen.dom
    );
    // Neither an error of a script nor something that the policy kept out.
    assert_eq!(seen.console, "");
    let others: Vec<&String> = seen
        .urls
        .iter()
        .filter(|url| !url.starts_with(&format!("{origin}/")) && !url.starts_with("data:"))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    for needed in ["/docs/swagger-ui-bundle.js", "/openapi.json"] {
        assert!(
            seen.urls.contains(&format!("{origin}{needed}")),
            "{:?}",
            seen.urls
        );
    }
}
