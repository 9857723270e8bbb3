//! The OpenAPI document, and its page in a browser.

use std::path::Path;
use std::process::{Command, Stdio};

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

/// Where Chromium is, or None, said and only where tests may be left out.
fn chromium() -> Option<&'static str> {
    let found = Command::new("chromium")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_ok_and(|status| status.success()) {
        return Some("chromium");
    }
    let required = std::env::var_os("TRACKING_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "chromium (Debian package chromium) is missing");
    eprintln!("left out: chromium (Debian package chromium) is missing");
    None
}

struct Seen {
    /// The page as it stands in the end.
    dom: String,
    /// Every URL that the page asked for, or tried.
    urls: Vec<String>,
    /// What the page's console says.
    console: String,
}

/// Load a page of a server, and wait until it rests.
fn load(chromium: &str, origin: &str, path: &str, folder: &Path) -> Seen {
    let net_log = folder.join("net.json");
    let output = Command::new("timeout")
        .args(["--kill-after=5", "60", chromium])
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync"])
        // The browser itself would ask its maker's servers, too: no name but ours leads anywhere.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .arg("--enable-logging=stderr")
        .arg(format!(
            "--user-data-dir={}",
            folder.join("profile").display()
        ))
        .arg(format!("--log-net-log={}", net_log.display()))
        .args(["--virtual-time-budget=20000", "--dump-dom"])
        .arg(format!("{origin}{path}"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    let console: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    Seen {
        dom: String::from_utf8(output.stdout).unwrap(),
        urls: asked_by(origin, &std::fs::read_to_string(net_log).unwrap()),
        console: console.join("\n"),
    }
}

/// The URLs in Chromium's log of the network that pages of an origin asked for. What the browser asks for
/// on its own has another initiator.
fn asked_by(origin: &str, net_log: &str) -> Vec<String> {
    let initiator = format!("\"initiator\":\"{origin}\"");
    net_log
        .lines()
        .filter(|event| event.contains(&initiator))
        .filter_map(|event| event.split_once("\"url\":\"")?.1.split('"').next())
        .map(str::to_owned)
        .collect()
}

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
