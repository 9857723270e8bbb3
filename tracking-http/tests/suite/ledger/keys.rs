//! A request that is sent again with its key.

use std::collections::HashSet;
use std::thread;

use serde_json::json;
use tracking_http::Gate;

use super::{NEXT, gated, number, post, refused, server};
use crate::support::{Client, Ledgered, Program, TokenFile};

#[test]
fn a_request_that_is_sent_again_gets_the_same_number() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let mut ask = |target: &str, key: &str| {
        client.ask_with("GET", target, &[&format!("Idempotency-Key: {key}")])
    };
    let first = ask(NEXT, "a-1");
    assert!(first.header("idempotent-replayed").is_none());
    for (target, key) in [
        (NEXT, "a-1"),
        (NEXT, "\"a-1\""),
        // The same order, written otherwise.
        (
            "/next-tracking-number?weight=1.200&origin_country_id=us",
            "a-1",
        ),
    ] {
        let again = ask(target, key);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.body, first.body);
    }
    let mut numbers = HashSet::from([number(&first)]);
    for key in ["A-1", "\"a-1 \"", "a-2"] {
        let other = ask(NEXT, key);
        assert!(other.header("idempotent-replayed").is_none());
        assert!(numbers.insert(number(&other)), "{key}");
    }
    for target in [
        "/next-tracking-number?origin_country_id=US",
        &format!("{NEXT}&reference=x"),
    ] {
        let reused = ask(target, "a-1");
        assert_eq!(reused.status, 422, "{reused:?}");
        assert_eq!(reused.problem()["type"], "/problems/idempotency-key-reused");
    }
    assert_eq!(ledger.entries().len(), 4);
}

#[test]
fn a_batch_with_a_key_is_answered_whole_again() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let body = json!({"count": 1000, "order": {"weight": 1.2}, "reference": "bulk"});
    let first = post(&mut client, Some("b"), &body);
    assert_eq!(first.status, 200);
    let again = post(&mut client, Some("b"), &body);
    assert_eq!(
        (&again.body, again.header("idempotent-replayed")),
        (&first.body, Some("true"))
    );
    let numbers = first.json()["tracking_numbers"].as_array().unwrap().len();
    let entries = ledger.entries();
    assert_eq!((numbers, entries.len()), (1000, 1000));
    assert!(
        entries
            .iter()
            .all(|entry| entry.reference.as_ref().unwrap().as_str() == "bulk")
    );
    let other = post(&mut client, Some("b"), &json!({"count": 999}));
    assert_eq!(other.status, 422);
    assert_eq!(ledger.entries().len(), 1000);
}

#[test]
fn keys_that_are_none_and_batches_that_are_too_large_are_refused() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let long = "x".repeat(256);
    for keys in [
        &["Idempotency-Key: "][..],
        &["Idempotency-Key: \"a"],
        &["Idempotency-Key: \u{e9}"],
        &[&*format!("Idempotency-Key: {long}")],
        &["Idempotency-Key: a", "Idempotency-Key: a"],
    ] {
        let answer = client.ask_with("GET", NEXT, keys);
        refused(&ledger, &answer, 400, "wrong-idempotency-key");
    }
    let answer = post(&mut client, Some("a"), &json!({"count": 1001}));
    refused(&ledger, &answer, 400, "keyed-batch-too-large");
    for reference in [json!(7), json!("a\nb"), json!(long)] {
        let answer = post(
            &mut client,
            None,
            &json!({"count": 1, "reference": reference}),
        );
        refused(&ledger, &answer, 400, "wrong-parameters");
    }
}

/// A rotated token keeps its keys; another name has its own; and only who has the scope reads the ledger.
#[test]
fn keys_are_of_a_tokens_name_and_records_are_for_the_scope_ledger() {
    let ledger = Ledgered::new();
    let file = TokenFile::new(&[
        ("a", "trk_1", "issue read", ""),
        ("a", "trk_2", "issue read ledger", ""),
        ("b", "trk_3", "issue", ""),
    ]);
    let server = gated(&ledger, Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    let mut ask = |token: &str, target: &str| {
        let bearer = format!("Authorization: Bearer {token}");
        client.ask_with("GET", target, &["Idempotency-Key: k", &bearer])
    };
    let (one, two, three) = (ask("trk_1", NEXT), ask("trk_2", NEXT), ask("trk_3", NEXT));
    assert_eq!(one.body, two.body);
    assert_eq!(two.header("idempotent-replayed"), Some("true"));
    assert_ne!(number(&one), number(&three));
    let names: Vec<_> = ledger
        .entries()
        .iter()
        .map(|entry| entry.token.as_ref().unwrap().as_str().to_owned())
        .collect();
    assert_eq!(names, ["b", "a"]);
    let target = format!("/tracking-numbers/{}", number(&one));
    assert!(ask("trk_1", &target).json().get("record").is_none());
    assert_eq!(ask("trk_2", &target).json()["record"]["token"], "a");
    // The verdict needs no database.
    ledger.turn_off();
    assert_eq!(ask("trk_1", &target).status, 200);
    assert_eq!(ask("trk_2", &target).status, 503);
}

/// It waits for the first, whose commit may yet succeed, even if that one's own caller waits no more.
#[test]
fn a_request_that_waits_for_another_with_its_key_for_too_long_is_told_so() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let ask = |key: &str| {
        let key = format!("Idempotency-Key: {key}");
        let answer = Client::connect(server.address).ask_with("GET", NEXT, &[&key]);
        let retry_after = answer.header("retry-after").map(str::to_owned);
        (answer, retry_after)
    };
    ledger.hang_recording();
    thread::scope(|scope| {
        let first = scope.spawn(|| ask("k"));
        ledger.wait_for_hung(1);
        let others = ["k", "other"].map(|key| scope.spawn(move || ask(key)));
        let kinds = [
            (503, "/problems/ledger-unavailable"),
            (409, "/problems/idempotency-key-under-way"),
            (503, "/problems/ledger-unavailable"),
        ];
        let answers = [first].into_iter().chain(others);
        for (answer, (status, kind)) in answers.zip(kinds) {
            let (answer, retry_after) = answer.join().unwrap();
            assert_eq!(answer.status, status, "{answer:?}");
            assert_eq!(answer.problem()["type"], kind);
            assert_eq!(retry_after.as_deref(), Some("2"));
        }
    });
    // Nobody waits for the first any more, and it is still being committed.
    assert_eq!(ask("k").0.status, 409);
    ledger.turn_on();
    let (answer, _) = ask("k");
    assert_eq!(answer.header("idempotent-replayed"), Some("true"));
    let entries = ledger.entries();
    // What nobody waited for was not recorded later.
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].number.as_str(), number(&answer));
}

/// As a program, with its flags: what was answered is there after a `kill -9`, and a key is still known.
#[test]
fn a_server_that_is_killed_knows_its_keys_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, ledger) = (
        format!("file:{}", path("a.series")),
        format!("sqlite:{}", path("ledger.db")),
    );
    let start = || Program::start(&["--store", &store, "--ledger", &ledger], &[]);
    let program = start();
    let mut client = Client::connect(program.address);
    let first = client.ask_with("GET", NEXT, &["Idempotency-Key: k"]);
    assert_eq!(first.status, 200, "{first:?}");
    drop(program);
    let program = start();
    let mut client = Client::connect(program.address);
    let again = client.ask_with("GET", NEXT, &["Idempotency-Key: k"]);
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}
