//! `POST /tracking-numbers`.

mod pressure;

use std::collections::HashSet;
use std::net::SocketAddr;

use serde_json::Value;
use tracking_core::MemoryAllocator;

use crate::support::{Answer, Client, InProcess, Switch};

const JSON: (&str, &str) = ("content-type", "application/json");
const ORDER: &str = r#"{"origin_country_id": "my", "weight": 1.2, "created_at": "2024-01-01T12:00:00+08:00",
    "customer_name": "A \"B\" Ø", "customer_slug": null, "customer_id": ""}"#;

/// Numbers that are all well formed and differ.
#[track_caller]
fn distinct<'a>(numbers: impl IntoIterator<Item = &'a str>, count: usize) {
    let mut seen = HashSet::new();
    for number in numbers {
        assert!(
            number.parse::<tracking_core::TrackingNumber>().is_ok(),
            "{number:?}"
        );
        assert!(seen.insert(number), "{number} twice");
    }
    assert_eq!(seen.len(), count);
}

#[test]
fn answers_in_each_form() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    for count in [1, 2, 5_000] {
        let body = format!(r#"{{"count": {count}, "order": {ORDER}}}"#);

        let answer = client.order_many("*/*", &body);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let json = answer.json();
        assert_eq!(json.as_object().unwrap().len(), 2);
        let numbers = json["tracking_numbers"].as_array().unwrap();
        distinct(numbers.iter().map(|number| number.as_str().unwrap()), count);
        let created_at = json["created_at"].as_str().unwrap();
        assert!(
            created_at.ends_with("+08:00") && created_at.len() == 29,
            "{created_at}"
        );

        let answer = client.order_many("application/x-ndjson", &body);
        assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
        let lines: Vec<Value> = answer
            .body
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        distinct(
            lines
                .iter()
                .map(|line| line["tracking_number"].as_str().unwrap()),
            count,
        );
        for line in &lines {
            assert_eq!(line["origin_country_id"], "MY");
            assert_eq!(line["customer_name"], "A \"B\" Ø");
            assert_eq!(line["customer_slug"], Value::Null);
            assert_eq!(line.as_object().unwrap().len(), 8);
        }
        assert!(answer.body.contains(r#""weight":1.200,"#) && answer.body.ends_with("}\n"));

        let answer = client.order_many("text/plain", &body);
        assert_eq!(
            answer.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        distinct(answer.body.lines(), count);
        assert!(answer.body.ends_with('\n'));
    }
}

#[test]
fn without_an_order_the_time_is_in_the_servers_zone() {
    let server = InProcess::with(MemoryAllocator::new(), "Asia/Kolkata");
    let mut client = Client::connect(server.address);
    for body in [
        r#"{"count":1}"#,
        r#"{"order":null,"count":1.0}"#,
        r#"{"order":{},"count":1e0}"#,
    ] {
        let answer = client.order_many("", body);
        assert_eq!(answer.status, 200, "{body}: {answer:?}");
        assert!(
            answer.json()["created_at"]
                .as_str()
                .unwrap()
                .ends_with("+05:30")
        );
    }
}

/// The answer to a body of this length, of which none is sent: it comes at once, and ends the connection.
pub(crate) fn announce(address: SocketAddr, length: usize) -> Answer {
    let mut client = Client::connect(address);
    client.send(&format!(
        "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ));
    client.receive("POST")
}

#[test]
fn what_is_wrong_is_told_in_full_and_reserves_nothing() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    // The body, and parameter and code of each error.
    let cases = [
        ("{}", "count missing"),
        (r#"{"count": null}"#, "count wrong-type"),
        (r#"{"count": "5"}"#, "count wrong-type"),
        (r#"{"count": true}"#, "count wrong-type"),
        (r#"{"count": [1]}"#, "count wrong-type"),
        (r#"{"count": 1.5}"#, "count wrong-type"),
        (r#"{"count": 0}"#, "count out-of-range"),
        (r#"{"count": -1}"#, "count out-of-range"),
        (r#"{"count": 1e999}"#, "count out-of-range"),
        (r#"{"count": 1.0000000000000000001}"#, "count wrong-type"),
        (r#"{"count": 1000001}"#, "count out-of-range"),
        (r#"{"count": 4294967297}"#, "count out-of-range"),
        (r#"{"count": 18446744073709551617}"#, "count out-of-range"),
        (r#"{"count": 1, "count": 1}"#, "count given-twice"),
        (r#"{"count": 1, "order": 5}"#, "order wrong-type"),
        (r#"{"count": 1, "order": []}"#, "order wrong-type"),
        (
            r#"{"count": 1, "order": {}, "order": {}}"#,
            "order given-twice",
        ),
        (r#"{"count": 1, "orders": {}}"#, "orders unknown-parameter"),
        (r#"{"count": 1, "weight": 1}"#, "weight unknown-parameter"),
        (
            r#"{"count": 1, "order": {"wieght": 1}}"#,
            "wieght unknown-parameter",
        ),
        (
            r#"{"count": 1, "order": {"count": 1}}"#,
            "count unknown-parameter",
        ),
        (
            r#"{"count": 1, "order": {"weight": 0}}"#,
            "weight out-of-range",
        ),
        (
            r#"{"count": 1, "order": {"weight": 1.2345}}"#,
            "weight too-many-decimals",
        ),
        // As it is written, and not as a double has it.
        (
            r#"{"count": 1, "order": {"weight": 1.2000000000000000001}}"#,
            "weight too-many-decimals",
        ),
        (
            r#"{"count": 1, "order": {"weight": 1.2000}}"#,
            "weight too-many-decimals",
        ),
        (
            r#"{"count": 1, "order": {"weight": 0.1e1}}"#,
            "weight not-a-number",
        ),
        (
            r#"{"count": 1, "order": {"weight": 1E2}}"#,
            "weight not-a-number",
        ),
        (
            r#"{"count": 1, "order": {"weight": 999999.99999999999999}}"#,
            "weight too-many-decimals",
        ),
        (
            r#"{"count": 1, "order": {"weight": 1e999}}"#,
            "weight not-a-number",
        ),
        (
            r#"{"count": 1, "order": {"customer_name": "\ud83d"}}"#,
            "customer_name not-utf-8",
        ),
        (r#"{"count": 1, "order": {"\ud83d": 1}}"#, "order not-utf-8"),
        (
            r#"{"count": 1, "order": {"weight": false}}"#,
            "weight wrong-type",
        ),
        (
            r#"{"count": 1, "order": {"customer_name": 5}}"#,
            "customer_name wrong-type",
        ),
        (
            r#"{"count": 1, "order": {"weight": 1, "weight": 1}}"#,
            "weight given-twice",
        ),
        (
            r#"{"count": 1, "order": {"customer_name": "a\nb"}}"#,
            "customer_name control-character",
        ),
        (
            r#"{"x": 1, "order": {"z": {}, "customer_slug": {}, "weight": "-1", "origin_country_id": "ZZ"}, "count": 0}"#,
            "count out-of-range, origin_country_id unknown-country, weight not-a-number, \
             customer_slug wrong-type, z unknown-parameter, x unknown-parameter",
        ),
    ];
    for (body, expected) in cases {
        let answer = client.order_many("*/*", body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        let problem = answer.problem();
        assert_eq!(problem["type"], "/problems/wrong-parameters");
        let errors: Vec<_> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                assert!(!error["message"].as_str().unwrap().is_empty());
                [&error["parameter"], &error["code"]]
                    .map(|text| text.as_str().unwrap())
                    .join(" ")
            })
            .collect();
        assert_eq!(errors.join(", "), expected, "{body}");
    }
    for body in [
        "",
        "{",
        "[]",
        "5",
        "null",
        r#"{"count": 1}x"#,
        r#"{"count": 01}"#,
        "{'count': 1}",
        "\"\\ud800\"",
    ] {
        let answer = client.order_many("*/*", body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(
            answer.problem()["type"],
            "/problems/malformed-body",
            "{body}"
        );
    }
    // A deep one must not end the server, a long list of mistakes not its memory.
    let deep = format!(r#"{{"count": {}"#, "[".repeat(60_000));
    assert_eq!(client.order_many("*/*", &deep).status, 400);
    let members: Vec<_> = (0..5_000).map(|n| format!("\"{n}\": 1")).collect();
    let errors = client
        .order_many("*/*", &format!("{{{}}}", members.join(",")))
        .json();
    assert_eq!(errors["errors"].as_array().unwrap().len(), 25);

    let right = r#"{"count": 1}"#;
    for headers in [
        &[][..],
        &[("content-type", "text/plain")],
        &[("content-type", "application/jsonx")],
        &[("content-type", "application/x-www-form-urlencoded")],
    ] {
        let answer = client.post(headers, right);
        assert_eq!(answer.status, 415, "{headers:?}");
        assert_eq!(answer.problem()["type"], "/problems/unsupported-media-type");
    }
    for accept in ["text/html", "application/json;q=0", "image/*, text/csv"] {
        let answer = client.order_many(accept, right);
        assert_eq!(answer.status, 406, "{accept}");
        assert_eq!(answer.problem()["type"], "/problems/not-acceptable");
    }
    for accept in ["*", "text/html, *; q=.2", ""] {
        assert_eq!(client.order_many(accept, "{}").status, 400, "{accept}");
    }
    let padded = |length: usize| format!("{right}{}", " ".repeat(length - right.len()));
    for length in [65_537, 900_000] {
        let answer = announce(server.address, length);
        assert_eq!(answer.status, 413, "{length}");
        assert_eq!(answer.problem()["type"], "/problems/body-too-large");
    }
    for path in ["/tracking-numbers", "/tracking-numbers/"] {
        // The list of a ledger, which there is none of.
        let answer = client.ask("GET", path);
        assert_eq!(answer.problem()["type"], "/problems/no-ledger");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        for path in ["/tracking-numbers", "/tracking-numbers/"] {
            let answer = client.ask(method, path);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD, POST")),
                "{method}"
            );
        }
    }
    assert_eq!(client.ask("POST", "/tracking-numbers//").status, 404);

    assert_eq!(store.reservations(), 0);
    let longest = padded(65_536);
    let answer = client.post(
        &[("content-type", "Application/JSON ; charset=utf-8")],
        &longest,
    );
    assert_eq!(answer.status, 200);
    assert!(store.reservations() > 0);
}

/// `str.splitlines`, for one, ends a line at U+2028.
#[test]
fn a_line_of_ndjson_is_one_for_every_reader() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let body = r#"{"count": 2, "order": {"customer_name": "a\u2028b\u2029", "weight": 1.20}}"#;
    let answer = client.order_many("application/x-ndjson", body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let ends_line = |c: char| matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}');
    assert_eq!(answer.body.matches(ends_line).count(), 2, "{answer:?}");
    for line in answer.body.lines() {
        let issued: Value = serde_json::from_str(line).unwrap();
        assert_eq!(issued["customer_name"], "a\u{2028}b\u{2029}");
        assert!(line.contains("\"weight\":1.200,"), "{line}");
    }
}

#[test]
fn a_body_in_chunks_is_a_body() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    client.send(
        "POST /tracking-numbers/ HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Transfer-Encoding: chunked\r\n\r\n5\r\n{\"cou\r\n7\r\nnt\": 3}\r\n0\r\n\r\n",
    );
    let answer = client.receive("POST");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        answer.json()["tracking_numbers"].as_array().unwrap().len(),
        3
    );
}
