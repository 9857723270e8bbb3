//! `/`: for people who type the address, and for load balancers that probe it.

use crate::support::{Client, InProcess, ask};

#[test]
fn whoever_probes_is_answered() {
    let server = InProcess::new();
    for (method, version, headers) in [
        ("GET", "1.1", "Host: test\r\n"),
        ("HEAD", "1.1", "Host: test\r\n"),
        // What HAProxy sends unless it is told otherwise.
        ("OPTIONS", "1.0", ""),
        ("GET", "1.0", ""),
        ("HEAD", "1.0", ""),
        ("GET", "1.1", "Host: test\r\nAccept: image/*\r\n"),
        (
            "GET",
            "1.1",
            "Host: test\r\nContent-Length: 0\r\nSec-Fetch-Site: cross-site\r\n",
        ),
    ] {
        let mut client = Client::connect(server.address);
        client.send(&format!("{method} / HTTP/{version}\r\n{headers}\r\n"));
        let answer = client.receive(method);
        assert_eq!(answer.status, 200, "{method} {version} {headers}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        let allow = answer.header("allow");
        assert_eq!(allow, (method == "OPTIONS").then_some("GET, HEAD, OPTIONS"));
        assert_eq!(
            answer.body.contains("/next-tracking-number"),
            method != "HEAD"
        );
    }
    for method in ["POST", "PUT", "DELETE", "BREW"] {
        let answer = ask(server.address, method, "/");
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{method}"
        );
    }
}

#[test]
fn a_browser_gets_a_page_of_text_and_links_alone() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    for (accept, content_type) in [
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html; charset=utf-8",
        ),
        (
            "text/html;q=0.5, text/plain;q=0.4",
            "text/html; charset=utf-8",
        ),
        ("*/*", "text/plain; charset=utf-8"),
        ("text/*", "text/plain; charset=utf-8"),
        ("text/html;q=0", "text/plain; charset=utf-8"),
    ] {
        let accept = format!("Accept: {accept}");
        let answer = client.ask_with("GET", "/", &[&accept]);
        assert_eq!(answer.status, 200, "{accept}");
        assert_eq!(
            answer.header("content-type"),
            Some(content_type),
            "{accept}"
        );
        assert_eq!(
            answer.header("content-security-policy"),
            Some("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    let page = client.ask_with("GET", "/", &["Accept: text/html"]).body;
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    for never in ["<script", "style", "<img", "http:", "https:"] {
        assert!(!page.contains(never), "{never}: {page}");
    }
    // Whoever follows all its links takes no number.
    let links: Vec<&str> = page
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(links.len() >= 4, "{links:?}");
    for link in links {
        assert_eq!(client.ask("GET", link).status, 200, "{link}");
    }
    let metrics = client.ask("GET", "/metrics").body;
    assert!(
        metrics.contains("\ntracking_numbers_issued_total 0\n"),
        "{metrics}"
    );
}

#[test]
fn the_version_is_told_to_whoever_asks() {
    let server = InProcess::new();
    let answer = ask(server.address, "GET", "/version");
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("text/plain; charset=utf-8"))
    );
    assert_eq!(answer.body, format!("{}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        ask(server.address, "POST", "/version").header("allow"),
        Some("GET, HEAD")
    );
}
