//! Pages that are looked at.

use tracking_http::Gate;

use super::{between, program, server, take};
use crate::support::{Client, InProcess, Ledgered, query};

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

#[test]
fn without_the_flag_there_is_nothing() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    for path in [
        "/console",
        "/console/",
        "/console/issue",
        "/console/style.css",
        "/console/numbers/A",
    ] {
        for method in ["GET", "POST", "PUT"] {
            let answer = client.ask(method, path);
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(
                answer.header("content-type"),
                Some("application/problem+json")
            );
        }
    }
    let metrics = client.ask("GET", "/metrics").body;
    assert!(!metrics.contains("console"), "{metrics}");
}

#[test]
fn every_page_says_what_browsers_may_do_with_it() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    let number = take(&mut client, &[], &[("weight", "1.2")]);
    let (page, label) = (
        format!("/console/numbers/{number}"),
        format!("/console/labels/{number}"),
    );
    let css = "text/css; charset=utf-8";
    let html = "text/html; charset=utf-8";
    for (path, allowed, content_type) in [
        ("/console", "GET, HEAD", html),
        ("/console/numbers", "GET, HEAD", html),
        (&page, "GET, HEAD", html),
        (&label, "GET, HEAD", html),
        (
            "/console/numbers.csv",
            "GET, HEAD",
            "text/csv; charset=utf-8; header=present",
        ),
        ("/console/issue", "GET, HEAD, POST", html),
        ("/console/status", "GET, HEAD", html),
        ("/console/login", "GET, HEAD, POST", html),
        ("/console/style.css", "GET, HEAD", css),
        ("/console/label.css", "GET, HEAD", css),
        ("/console/icon.svg", "GET, HEAD", "image/svg+xml"),
    ] {
        for path in [path.to_owned(), format!("{path}/")] {
            let answer = client.ask("GET", &path);
            assert_eq!(answer.status, 200, "{path}: {answer:?}");
            for (name, value) in [
                ("content-type", content_type),
                ("content-security-policy", POLICY),
                ("cache-control", "no-store"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{path}");
            }
            let to_itself = path.starts_with("/console/issue");
            let referrer = if to_itself {
                "same-origin"
            } else {
                "no-referrer"
            };
            assert_eq!(answer.header("referrer-policy"), Some(referrer), "{path}");
            assert!(
                !answer.body.contains("<script") && !answer.body.contains(" style="),
                "{path}"
            );
            let head = client.ask("HEAD", &path);
            assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
            assert_eq!(
                head.header("content-security-policy"),
                Some(POLICY),
                "{path}"
            );
        }
        let answer = client.ask("PUT", path);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allowed)),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), Some(html), "{path}");
        assert_eq!(
            answer.header("content-security-policy"),
            Some(POLICY),
            "{path}"
        );
    }
    for path in [
        "/console/x",
        "/console//",
        "/consoles",
        "/console/numbers/A/B",
    ] {
        assert_eq!(client.ask("GET", path).status, 404, "{path}");
    }
    let metrics = client.ask("GET", "/metrics").body;
    let counted =
        "tracking_http_requests_total{route=\"/console/numbers/{number}\",status=\"200\"}";
    assert!(metrics.contains(counted), "{metrics}");
}

/// Whatever a customer is called, no page takes it for a part of itself.
#[test]
fn what_a_client_sent_is_text() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    let evil = "<script>alert(1)</script>\"'><img src=x>&lt;";
    let number = take(
        &mut client,
        &[],
        &[("customer_name", evil), ("reference", "<script>&\"")],
    );
    let search = query("/console", &[("reference", "<script>&\"")]);
    let wrong = query(
        "/console",
        &[("customer_id", evil), ("number", evil), ("<b>", "x")],
    );
    for (path, status) in [
        ("/console".to_owned(), 200),
        (search, 200),
        (wrong, 400),
        (query("/console/numbers", &[("number", evil)]), 400),
        (format!("/console/numbers/{number}"), 200),
        (format!("/console/labels/{number}"), 200),
        ("/console/numbers/%3Cscript%3E".to_owned(), 400),
    ] {
        let answer = client.ask("GET", &path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        for part in ["<script", "<img", "<b>", "'>\"", "\"'>"] {
            assert!(
                !answer.body.contains(part),
                "{path}: {part}: {}",
                answer.body
            );
        }
    }
    let list = client.ask("GET", "/console").body;
    assert!(
        list.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{list}"
    );
}

#[test]
fn a_number_is_judged_as_the_api_does() {
    let server = server(None, Gate::default());
    let mut client = Client::connect(server.address);
    let number = take(&mut client, &[], &[]);
    for (text, status, told) in [
        (
            number.as_str(),
            200,
            "belongs: the series could have issued it",
        ),
        ("ABC", 404, "refused"),
        ("a-b", 400, "Not a tracking number"),
    ] {
        let answer = client.ask("GET", &format!("/console/numbers/{text}"));
        let api = client.ask("GET", &format!("/tracking-numbers/{text}"));
        assert_eq!((answer.status, api.status), (status, status), "{text}");
        assert!(answer.body.contains(told), "{text}: {answer:?}");
        let label = client.ask("GET", &format!("/console/labels/{text}"));
        assert_eq!(label.status, status, "{text}");
    }
    let page = client
        .ask("GET", &format!("/console/numbers/{number}"))
        .body;
    let verdict = client
        .ask("GET", &format!("/tracking-numbers/{number}"))
        .json();
    let reserved_at = verdict["reserved_at"].as_str().unwrap();
    assert_eq!(
        between(&page, "Reserved at</dt><dd><time datetime=\"", "\""),
        reserved_at
    );
    assert!(page.contains("--ledger"), "{page}");
    assert_eq!(
        client
            .ask("GET", &format!("/console/labels/{number}?paper=a7"))
            .status,
        400
    );
}

#[test]
fn without_a_ledger_it_is_told_how_to_get_one() {
    let server = server(None, Gate::default());
    let mut client = Client::connect(server.address);
    for path in ["/console", "/console/numbers.csv"] {
        let answer = client.ask("GET", path);
        assert_eq!(answer.status, 501, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.body.contains("--ledger"), "{path}: {answer:?}");
    }
    for path in ["/console/numbers", "/console/issue", "/console/status"] {
        assert_eq!(client.ask("GET", path).status, 200, "{path}");
    }
}

/// Where others than this host's users reach a server without tokens, who got numbers is not theirs to know.
#[test]
fn the_ledger_is_hidden_as_it_is_from_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("sqlite:{}", folder.path().join("ledger.db").display());
    let program = program(&["--ledger", &ledger, "--trusted-proxy", "10.0.0.1"], &[]);
    let mut client = Client::connect(program.address);
    let number = take(&mut client, &[], &[("customer_name", "Secret Ltd")]);
    for path in ["/console", "/console/numbers.csv"] {
        assert_eq!(client.ask("GET", path).status, 403, "{path}");
    }
    for path in ["numbers", "labels"] {
        let answer = client.ask("GET", &format!("/console/{path}/{number}"));
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains("Secret"), "{path}: {answer:?}");
        assert!(
            !answer.body.contains("href=\"/console\""),
            "{path}: {answer:?}"
        );
    }
}

#[test]
fn how_it_is_tells_the_numbers_of_the_metrics() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    take(&mut client, &[], &[]);
    let page = client.ask("GET", "/console/status").body;
    let metrics = client.ask("GET", "/metrics").body;
    let metric = |name: &str| {
        let mut lines = metrics
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        lines
            .next_back()
            .unwrap_or_else(|| panic!("no {name}"))
            .to_owned()
    };
    let fact = |name: &str| between(&page, &format!("<dt>{name}</dt><dd>"), "<").to_owned();
    assert_eq!(
        fact("Runway").split(' ').next().unwrap(),
        metric("tracking_runway_numbers")
    );
    assert_eq!(
        fact("Lanes in use").split(' ').next().unwrap(),
        metric("tracking_lanes_in_use")
    );
    assert_eq!(fact("Recorded"), "1 numbers in 1 commits");
    assert_eq!(fact("Lag"), "0 numbers wait to be recorded");
    assert_eq!(metric("tracking_ledger_numbers_total"), "1");
    ledger.turn_off();
    assert_eq!(client.ask("GET", "/next-tracking-number").status, 503);
    let page = client.ask("GET", "/console/status").body;
    assert!(
        page.contains("<dt>The last batch</dt><dd class=\"bad\">failed, "),
        "{page}"
    );
    let list = client.ask("GET", "/console");
    assert_eq!(list.status, 503);
    assert!(
        list.body.contains("<h1>") && !list.body.contains("secret"),
        "{list:?}"
    );
}
