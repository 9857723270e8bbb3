//! What a client says and nobody reads: refused where a number is issued or judged, since it must not vanish
//! silently; whoever watches over the server may send what they like.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Client, InProcess, Switch};

const ISSUES: &str = "/next-tracking-number";

/// The parameters that a refusal names, with their codes.
fn errors(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().unwrap();
    let text = |error: &Value, member: &str| error[member].as_str().unwrap().to_owned();
    errors
        .iter()
        .map(|error| text(error, "parameter") + " " + &text(error, "code"))
        .collect()
}

#[test]
fn a_fragment_is_refused_wherever_it_is_sent() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    for (method, target) in [
        (
            "GET",
            "/next-tracking-number?customer_name=Shop%20#5&weight=1.2",
        ),
        ("GET", "/next-tracking-number#"),
        ("GET", "http://test/next-tracking-number?weight=1#x"),
        ("GET", "/livez#x?y"),
        ("POST", "/tracking-numbers#x"),
        ("HEAD", "/#"),
    ] {
        let mut client = Client::connect(server.address);
        let answer = client.ask(method, target);
        assert_eq!(answer.status, 400, "{target}: {answer:?}");
        assert_eq!(
            (answer.header("connection"), client.rest().as_str()),
            (Some("close"), "")
        );
        if method != "HEAD" {
            let problem = answer.problem();
            assert_eq!(problem["type"], "/problems/fragment-in-target", "{target}");
        }
    }
    assert_eq!(store.reservations(), 0);
    // Head and line may come in any number of parts, several requests in one.
    let mut slow = Client::connect(server.address);
    for part in [
        "GET /next-trac",
        "king-number?weight=1",
        "#",
        "x HTTP/1.1\r\nHo",
    ] {
        slow.send(part);
        assert!(slow.is_silent_for(Duration::from_millis(20)));
    }
    slow.send("st: test\r\n\r\n");
    assert_eq!(slow.receive("GET").status, 400);
    // Of several that come at once, those before it are answered, and none behind it.
    let mut many = Client::connect(server.address);
    let ask = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n");
    many.send(&(ask("/readyz") + &ask("/next-tracking-number#x") + &ask("/next-tracking-number")));
    let statuses = [(); 2].map(|()| many.receive("GET").status);
    assert_eq!((statuses, many.rest().as_str()), ([200, 400], ""));
}

#[test]
fn what_only_looks_like_a_fragment_is_taken() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let escaped = "/next-tracking-number?customer_name=Shop%20%235";
    let answer = client.ask_with(
        "GET",
        escaped,
        &["Referer: http://test/next-tracking-number#x"],
    );
    assert_eq!(answer.json()["customer_name"], "Shop #5");
    let body = r##"{"count": 1, "order": {"customer_name": "GET /livez#5 HTTP/1.1"}}"##;
    assert_eq!(client.order_many("*/*", body).status, 200);
    // A body of lines is no head.
    let lines = "{\r\nGET /next-tracking-number#5 HTTP/1.1\r\nTransfer-Encoding: gzip\r\n}";
    assert_eq!(client.order_many("*/*", lines).status, 400);
    assert_eq!(client.ask("GET", "/livez").status, 200);
}

#[test]
fn a_query_that_nobody_reads_is_refused() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    client.send(
        "POST /tracking-numbers?origin_country_id=US&weight=1.2&weight=2&=&%0a HTTP/1.1\r\nHost: test\r\n\
         Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"count\": 1}",
    );
    let answer = client.receive("POST");
    assert_eq!(answer.status, 400, "{answer:?}");
    let named = ["origin_country_id", "weight", "", "\\n"];
    let named = named.map(|name| format!("{name} unknown-parameter"));
    assert_eq!(errors(&answer.problem()), named);
    assert_eq!(store.reservations(), 0);
    // So many names cost no memory.
    let many: String = (0..1_000).map(|n| format!("{n}&")).collect();
    for (method, target) in [
        ("GET", "/tracking-numbers/A1?weight=1".to_owned()),
        ("HEAD", "/tracking-numbers/A1?weight".to_owned()),
        ("GET", format!("/tracking-numbers/A1/?{many}")),
    ] {
        let answer = client.ask(method, &target);
        assert_eq!(answer.status, 400, "{method} {target}");
        if method == "GET" {
            assert_eq!(answer.problem()["type"], "/problems/wrong-parameters");
            assert!((1..=24).contains(&errors(&answer.json()).len()));
        }
    }
    // No parameter is none.
    assert_eq!(client.ask("GET", "/tracking-numbers/A1?&").status, 404);
    let unnamed = client.ask("GET", "/next-tracking-number?=").problem();
    assert_eq!(
        unnamed["detail"],
        "A parameter without a name is wrong. Nothing was issued."
    );
    for probe in ["/livez?x=1", "/readyz?probe", "/metrics?name[]=x", "/?x#"]
        .map(|probe| probe.trim_end_matches('#'))
    {
        assert_eq!(client.ask("GET", probe).status, 200, "{probe}");
    }
}

#[test]
fn a_body_that_nobody_reads_is_refused() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let number = client.ask("GET", ISSUES).json()["tracking_number"].to_string();
    let judges = format!("/tracking-numbers/{}", number.trim_matches('"'));
    for (target, headers, body, status) in [
        (ISSUES, "Content-Length: 5", "hello", 400),
        (
            ISSUES,
            "Transfer-Encoding: chunked",
            "5\r\nhello\r\n0\r\n\r\n",
            400,
        ),
        (&judges, "Content-Length: 5", "hello", 400),
        // A body of nothing says nothing.
        (ISSUES, "Content-Length: 0", "", 200),
        (ISSUES, "Transfer-Encoding: chunked", "0\r\n\r\n", 200),
        (&judges, "Content-Type: application/json", "", 200),
        ("/livez", "Content-Length: 5", "hello", 200),
        ("/metrics", "Content-Length: 5", "hello", 200),
        ("/", "Content-Length: 5", "hello", 200),
    ] {
        client.send(&format!(
            "GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n\r\n{body}"
        ));
        let answer = client.receive("GET");
        assert_eq!(answer.status, status, "{target} {headers}: {answer:?}");
        if status == 400 {
            assert_eq!(answer.problem()["type"], "/problems/unexpected-body");
        }
    }
    // The method comes first.
    client.send(&format!(
        "PUT {ISSUES} HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello"
    ));
    assert_eq!(client.receive("PUT").status, 405);
}

#[test]
fn a_body_in_a_coding_or_a_charset_of_its_own_is_refused() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    let json = ("content-type", "application/json");
    let body = r#"{"count": 1}"#;
    for coding in ["gzip", "br, identity", "GZIP", "x"] {
        let answer = client.post(&[json, ("content-encoding", coding)], body);
        assert_eq!(answer.status, 415, "{coding}");
        assert_eq!(
            answer.problem()["type"],
            "/problems/unsupported-content-coding"
        );
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    for headers in [
        &[("content-type", "application/json; charset=iso-8859-1")][..],
        &[("content-type", "application/json;CharSet = \"utf-16\"")],
        &[json, json],
    ] {
        let answer = client.post(headers, body);
        assert_eq!(answer.status, 415, "{headers:?}");
        assert_eq!(answer.problem()["type"], "/problems/unsupported-media-type");
    }
    assert_eq!(store.reservations(), 0);
    for headers in [
        &[json, ("content-encoding", "identity")][..],
        &[json, ("content-encoding", "")],
        &[("content-type", "application/json; charset=\"UTF-8\"; x=y")],
        &[("content-type", "application/json;")],
    ] {
        assert_eq!(client.post(headers, body).status, 200, "{headers:?}");
    }
}
