//! The HTTP contract of the two seeds, case by case.

use std::collections::HashSet;
use std::net::SocketAddr;

use serde_json::Value;
use tracking_core::number::check_character;
use tracking_core::testing::wrong_values;
use tracking_core::{Clock, SystemClock};

use crate::support::{Client, FULL, InProcess, ask, query};

const A: &str = "/next-tracking-number";
const B: &str = "/api/next-tracking-number/";
const ECHOED: [&str; 6] = [
    "origin_country_id",
    "destination_country_id",
    "weight",
    "customer_id",
    "customer_name",
    "customer_slug",
];

/// The answer to a request that must succeed, and its text.
#[track_caller]
fn issued(address: SocketAddr, target: &str, offset: &str) -> (Value, String) {
    let asked_ms = SystemClock.now_ms();
    let answer = ask(address, "GET", target);
    assert_eq!(answer.status, 200, "{target}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let parcel = answer.json();
    let number = parcel["tracking_number"].as_str().unwrap();
    assert!(
        number.parse::<tracking_core::TrackingNumber>().is_ok(),
        "{number}"
    );
    let at = parcel["created_at"].as_str().unwrap();
    assert!(
        at.ends_with(offset) && at.len() == 23 + offset.len(),
        "{target}: {at}"
    );
    let created_at: tracking_core::order::CreatedAt = at.parse().unwrap();
    let at_ms = created_at.at().timestamp_millis();
    assert!(
        (asked_ms..=SystemClock.now_ms()).contains(&at_ms),
        "{at} is not when it was issued"
    );
    (parcel, answer.body)
}

/// A request that must be refused, with an error for each of these parameters.
#[track_caller]
fn refused(address: SocketAddr, target: &str, parameters: &[&str]) {
    let answer = ask(address, "GET", target);
    assert_eq!(answer.status, 400, "{target}: {answer:?}");
    let problem = answer.problem();
    assert_eq!(problem["type"], "/problems/wrong-parameters");
    let errors = problem["errors"].as_array().unwrap();
    let named: Vec<_> = errors
        .iter()
        .map(|error| error["parameter"].as_str().unwrap())
        .collect();
    assert_eq!(named, parameters, "{target}");
    for error in errors {
        assert!(!error["code"].as_str().unwrap().is_empty());
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}

/// All seven, with another value for one of them.
fn full_but<'a>(name: &str, value: &'a str) -> Vec<(&'a str, &'a str)>
where
    'static: 'a,
{
    FULL.map(|(other, right)| (other, if other == name { value } else { right }))
        .to_vec()
}

#[test]
fn the_seeds_own_examples_to_the_letter() {
    let server = InProcess::new();
    let (parcel, body) = issued(
        server.address,
        "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200",
        "Z",
    );
    let mut names: Vec<_> = parcel
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    names.sort_unstable();
    let mut expected = [&ECHOED[..], &["tracking_number", "created_at"]].concat();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!(
        (
            &parcel["origin_country_id"],
            &parcel["destination_country_id"]
        ),
        (&"US".into(), &"IN".into())
    );
    assert!(body.contains(r#""weight":1.200,"#), "{body}");
    assert_eq!(parcel["customer_name"], Value::Null);

    let (parcel, _) = issued(
        server.address,
        "/api/next-tracking-number/?origin_country_id=MY&destination_country_id=ID&weight=1.234\
         &created_at=2024-01-01T12:00:00+08:00&customer_id=de619854-b59b-425e-9db4-943979e1bd49\
         &customer_name=RedBox%20Logistics&customer_slug=redbox-logistics",
        "+08:00",
    );
    let names: HashSet<_> = parcel
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(names, HashSet::from(["created_at", "tracking_number"]));
}

#[test]
fn both_endpoints_answer_with_and_without_the_slash() {
    let server = InProcess::new();
    for path in [A, "/next-tracking-number/", B, "/api/next-tracking-number"] {
        let (parcel, _) = issued(server.address, &query(path, &FULL), "+08:00");
        if path.starts_with(A) {
            for (name, value) in FULL.iter().filter(|(name, _)| ECHOED.contains(name)) {
                assert_eq!(parcel[name].to_string().trim_matches('"'), *value);
            }
        }
    }
    for path in [
        A,
        "/next-tracking-number/",
        "/next-tracking-number?",
        "/next-tracking-number?&",
    ] {
        let (parcel, _) = issued(server.address, path, "Z");
        assert!(ECHOED.iter().all(|name| parcel[name].is_null()), "{parcel}");
    }
}

#[test]
fn a_missing_parameter_is_named_where_it_is_required() {
    let server = InProcess::new();
    refused(server.address, B, &FULL.map(|(name, _)| name));
    for (name, _) in FULL {
        let without: Vec<_> = FULL
            .into_iter()
            .filter(|(other, _)| *other != name)
            .collect();
        refused(server.address, &query(B, &without), &[name]);
        refused(server.address, &query(B, &full_but(name, "")), &[name]);
        issued(server.address, &query(A, &[(name, "")]), "Z");
    }
}

#[test]
fn wrong_values_are_refused_at_both_endpoints() {
    let server = InProcess::new();
    for (name, value) in wrong_values() {
        refused(server.address, &query(A, &[(name, &value)]), &[name]);
        refused(server.address, &query(B, &full_but(name, &value)), &[name]);
    }
}

#[test]
fn right_values_are_taken_and_answered_in_their_own_form() {
    let server = InProcess::new();
    let (long_name, long_slug) = ("x".repeat(255), "s".repeat(255));
    // Parameter, value, its JSON in the answer.
    for (name, value, answered) in [
        ("origin_country_id", "us", r#""US""#),
        ("origin_country_id", "gb", r#""GB""#),
        ("weight", "0.001", "0.001"),
        ("weight", "999999.999", "999999.999"),
        ("weight", "7", "7.000"),
        ("weight", "7.5", "7.500"),
        ("customer_name", "Ærø & Søn", r#""Ærø & Søn""#),
        ("customer_name", "株式会社", r#""株式会社""#),
        ("customer_name", r#"a "b" \c"#, r#""a \"b\" \\c""#),
        ("customer_name", &long_name, &format!("{long_name:?}")),
        (
            "customer_id",
            "DE619854-B59B-425E-9DB4-943979E1BD49",
            r#""de619854-b59b-425e-9db4-943979e1bd49""#,
        ),
        ("customer_slug", "a", r#""a""#),
        ("customer_slug", "a-1-b", r#""a-1-b""#),
        ("customer_slug", &long_slug, &format!("{long_slug:?}")),
    ] {
        let (_, body) = issued(server.address, &query(A, &[(name, value)]), "Z");
        assert!(body.contains(&format!("\"{name}\":{answered}")), "{body}");
    }
}

#[test]
fn the_answers_time_is_in_the_offset_of_the_request() {
    let server = InProcess::new();
    for (value, offset) in [
        ("2016-12-31T23:59:60Z", "Z"),
        ("2018-11-20t19:29:32-00:00", "Z"),
        ("2018-11-20T19:29:32+00:00", "Z"),
        ("2018-11-20T19:29:32+08:00", "+08:00"),
        ("2018-11-20T19:29:32.123456Z", "Z"),
        ("2018-11-20T19:29:32-03:30", "-03:30"),
        ("2024-02-29T00:00:00Z", "Z"),
    ] {
        issued(server.address, &query(A, &[("created_at", value)]), offset);
    }
    // The `+` of the offset, not escaped.
    issued(
        server.address,
        "/next-tracking-number?created_at=2018-11-20T19:29:32+08:00",
        "+08:00",
    );
}

#[test]
fn the_answers_time_is_in_the_servers_zone_where_the_request_has_none() {
    let server = InProcess::with(tracking_core::MemoryAllocator::new(), "Asia/Kolkata");
    issued(server.address, A, "+05:30");
    issued(
        server.address,
        &query(A, &[("created_at", "2018-11-20T19:29:32-03:30")]),
        "-03:30",
    );
}

#[test]
fn everything_wrong_is_said_at_once() {
    let server = InProcess::new();
    let wrong = [
        ("origin_country_id", "ZZ"),
        ("weight", "x"),
        ("customer_slug", "-"),
    ];
    refused(
        server.address,
        &query(A, &wrong),
        &["origin_country_id", "weight", "customer_slug"],
    );
    refused(
        server.address,
        "/next-tracking-number?weight=1&weight=2",
        &["weight"],
    );
    refused(
        server.address,
        "/next-tracking-number?customer_name=%ff%fe",
        &["customer_name"],
    );
    refused(
        server.address,
        "/next-tracking-number?weight=%",
        &["weight"],
    );

    let misspelt = "/next-tracking-number?orgin_country_id=MY";
    refused(server.address, misspelt, &["orgin_country_id"]);
    assert!(
        ask(server.address, "GET", misspelt)
            .body
            .contains("`origin_country_id`")
    );
}

#[test]
fn a_refusal_is_a_problem_to_the_letter() {
    let server = InProcess::new();
    let answer = ask(server.address, "GET", "/next-tracking-number?weight=0");
    assert_eq!(
        answer.body,
        r#"{"type":"/problems/wrong-parameters","title":"Wrong parameters","status":400,"detail":"weight is wrong. Nothing was issued.","errors":[{"parameter":"weight","code":"out-of-range","message":"\"0\" is out of range: expected more than 0 and less than 1000000 kilograms"}]}"#
    );
}

#[test]
fn anything_but_get_is_not_allowed() {
    let server = InProcess::new();
    for method in [
        "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get", "BREW",
    ] {
        for path in [A, B] {
            let answer = ask(server.address, method, path);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET")),
                "{method} {path}"
            );
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            if method != "HEAD" {
                assert_eq!(answer.problem()["type"], "/problems/method-not-allowed");
            }
        }
    }
}

#[test]
fn an_unknown_path_is_a_problem() {
    let server = InProcess::new();
    for target in [
        "/next-tracking-numberz",
        "/next-tracking-number//",
        "/api",
        "//livez",
        "/%6civez",
    ] {
        let answer = ask(server.address, "GET", target);
        assert_eq!(answer.status, 404, "{target}");
        assert_eq!(answer.problem()["type"], "/problems/not-found");
    }
    // The forms of a target that name no path.
    for (method, target) in [("OPTIONS", "*"), ("CONNECT", "example.org:80")] {
        assert_eq!(
            ask(server.address, method, target).status,
            404,
            "{method} {target}"
        );
    }
    // The form that a proxy is sent.
    issued(
        server.address,
        &format!("http://example.org{A}?weight=1"),
        "Z",
    );
}

#[test]
fn no_number_repeats_and_each_has_its_check_character() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let numbers: HashSet<String> = (0..2000)
        .map(|_| {
            let number = client.ask("GET", A).json()["tracking_number"]
                .as_str()
                .unwrap()
                .to_owned();
            let (payload, check) = number.split_at(number.len() - 1);
            assert_eq!(check.chars().next(), check_character(payload), "{number}");
            assert!((13..=16).contains(&number.len()), "{number}");
            number
        })
        .collect();
    assert_eq!(numbers.len(), 2000);
}
