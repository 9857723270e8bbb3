//! With a ledger: numbers are recorded before they are answered, and a request may be sent again.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Gate, Limits, Options};
use tracking_ledger::OldNumber;

use crate::support::{Answer, Client, InProcess, Ledgered, Program, TokenFile};

const NEXT: &str = "/next-tracking-number?origin_country_id=US&weight=1.2";

fn server(ledger: &Ledgered) -> InProcess {
    gated(ledger, Gate::default())
}

fn gated(ledger: &Ledgered, gate: Gate) -> InProcess {
    let options = Options {
        ledger: Some(ledger.recorder()),
        gate: gate.into(),
        ..Options::default()
    };
    let desk = Desk::new(Generator::new(MemoryAllocator::new()));
    InProcess::with_app(App::new(desk, options), Limits::default())
}

fn number(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["tracking_number"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The problem, and that nothing was recorded for it.
#[track_caller]
fn refused(ledger: &Ledgered, answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.problem()["type"], format!("/problems/{kind}"));
    assert!(answer.header("idempotent-replayed").is_none());
    assert!(!answer.body.contains("secret"), "{answer:?}");
    assert_eq!(ledger.entries().len(), 0);
}

fn post(client: &mut Client, key: Option<&str>, body: &Value) -> Answer {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(key.map(|key| ("Idempotency-Key", key)));
    client.post(&headers, &body.to_string())
}

#[test]
fn what_is_answered_is_recorded_with_its_order() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let target = format!("{NEXT}&reference=PO-4711&created_at=2024-01-01T12:00:00%2B08:00");
    let answer = client.ask_with("GET", &target, &["X-Request-Id: r-1"]);
    let issued = answer.json();
    let entries = ledger.entries();
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(entry.number.as_str(), number(&answer));
    assert_eq!(entry.reference.as_ref().unwrap().as_str(), "PO-4711");
    assert_eq!(entry.request_id.as_ref().unwrap().as_str(), "r-1");
    assert_eq!(entry.order.weight().unwrap().grams(), 1_200);

    // Asked for, it is told to who may know.
    let target = format!("/tracking-numbers/{}", entry.number);
    let verdict = client.ask("GET", &target).json();
    assert_eq!(verdict["verdict"], "belongs");
    for (member, value) in issued.as_object().unwrap() {
        assert_eq!(&verdict["record"][member], value, "{member}");
    }
    for (member, value) in [
        ("order_created_at", json!("2024-01-01T12:00:00+08:00")),
        ("reference", json!("PO-4711")),
        ("token", Value::Null),
        ("request_id", json!("r-1")),
        ("origin", json!("issued")),
    ] {
        assert_eq!(verdict["record"][member], value, "{member}");
    }
    let (empty, wrong) = (
        client.ask("GET", "/next-tracking-number?reference="),
        client.ask("GET", "/next-tracking-number?reference=%0A&weight=0"),
    );
    assert_eq!(empty.status, 200, "{empty:?}");
    let errors = &wrong.problem()["errors"];
    assert_eq!(
        [&errors[0]["parameter"], &errors[1]["parameter"]],
        ["weight", "reference"]
    );
    assert_eq!(ledger.entries().len(), 2);
}

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
fn a_batch_is_recorded_before_it_is_sent() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    for count in [1, 1_000, 12_345] {
        let answer = post(&mut client, None, &json!({"count": count}));
        assert_eq!(answer.status, 200);
        let answered: HashSet<_> = answer.json()["tracking_numbers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|number| number.as_str().unwrap().to_owned())
            .collect();
        assert_eq!(answered.len(), count);
        let recorded: HashSet<_> = ledger
            .entries()
            .iter()
            .map(|entry| entry.number.as_str().to_owned())
            .collect();
        assert!(answered.is_subset(&recorded));
    }
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

/// A key that nobody remembers would promise what is not kept.
#[test]
fn without_a_ledger_neither_a_key_nor_a_reference_vanishes() {
    let (server, nothing) = (InProcess::new(), Ledgered::new());
    let mut client = Client::connect(server.address);
    let answer = client.ask_with("GET", NEXT, &["Idempotency-Key: a"]);
    refused(&nothing, &answer, 400, "no-ledger");
    let answer = post(&mut client, Some("a"), &json!({"count": 1}));
    refused(&nothing, &answer, 400, "no-ledger");
    let answer = client.ask("GET", &format!("{NEXT}&reference=a"));
    refused(&nothing, &answer, 400, "wrong-parameters");
    let answer = post(&mut client, None, &json!({"count": 1, "reference": "a"}));
    refused(&nothing, &answer, 400, "wrong-parameters");
    assert_eq!(client.ask("GET", NEXT).status, 200);
}

#[test]
fn while_the_ledger_is_gone_or_hangs_nothing_is_issued() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    type Switch = fn(&Ledgered);
    for switch in [Ledgered::turn_off as Switch, Ledgered::hang] {
        ledger.turn_on();
        let before = ledger.entries().len();
        switch(&ledger);
        let timely = |client: &mut Client, ask: &dyn Fn(&mut Client) -> Answer| {
            let began = Instant::now();
            let answer = ask(client);
            assert!(began.elapsed() < Duration::from_secs(4), "{answer:?}");
            assert_eq!(answer.status, 503, "{answer:?}");
            assert_eq!(answer.problem()["type"], "/problems/ledger-unavailable");
            assert_eq!(answer.header("retry-after"), Some("2"));
            assert!(!answer.body.contains("secret"), "{answer:?}");
        };
        timely(&mut client, &|client| client.ask("GET", NEXT));
        timely(&mut client, &|client| {
            client.ask_with("GET", NEXT, &["Idempotency-Key: gone"])
        });
        timely(&mut client, &|client| {
            post(client, None, &json!({"count": 5_000}))
        });
        timely(&mut client, &|client| client.ask("GET", "/readyz"));
        assert_eq!(client.ask("GET", "/livez").status, 200);
        ledger.turn_on();
        // It goes on by itself, and what was asked with a key gets one number.
        let deadline = Instant::now() + Duration::from_secs(30);
        let answer = loop {
            let answer = client.ask_with("GET", NEXT, &["Idempotency-Key: gone"]);
            if answer.status == 200 {
                break answer;
            }
            assert!(Instant::now() < deadline, "does not recover");
        };
        let again = client.ask_with("GET", NEXT, &["Idempotency-Key: gone"]);
        assert_eq!(again.body, answer.body);
        assert_eq!(client.ask("GET", "/readyz").status, 200);
        let answered = ledger
            .entries()
            .iter()
            .filter(|entry| entry.number.as_str() == number(&answer))
            .count();
        assert_eq!(answered, 1);
        assert!(ledger.entries().len() > before || before > 0);
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

#[test]
fn a_number_that_was_taken_in_from_elsewhere_is_found() {
    use tracking_ledger::Ledger;
    let ledger = Ledgered::new();
    let old = OldNumber {
        number: "OLD4711".parse().unwrap(),
        issued_at_ms: 1_700_000_000_000,
    };
    ledger.import(&[old]).unwrap();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let found = client.ask("GET", "/tracking-numbers/OLD4711").json();
    assert_eq!(found["verdict"], "recorded");
    assert_eq!(found["record"]["origin"], "imported");
    assert!(found.get("series").is_none());
    let unknown = client.ask("GET", "/tracking-numbers/OLD4712");
    assert_eq!(unknown.status, 404);
}

#[test]
fn what_was_issued_is_listed_by_the_page() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    for n in 0..25 {
        let target = format!("{NEXT}&reference=r{}", n % 5);
        assert_eq!(client.ask("GET", &target).status, 200);
    }
    let mut list = |query: &str| {
        let answer = client.ask("GET", &format!("/tracking-numbers?{query}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let numbers = |page: &Value| -> Vec<String> {
        let listed = page["tracking_numbers"].as_array().unwrap();
        let number = |entry: &Value| entry["tracking_number"].as_str().unwrap().to_owned();
        listed.iter().map(number).collect()
    };
    let recorded: Vec<_> = ledger
        .entries()
        .iter()
        .map(|entry| entry.number.as_str().to_owned())
        .collect();
    let (mut found, mut next) = (Vec::new(), String::new());
    let mut pages = 0;
    loop {
        let page = list(&format!("limit=10&cursor={next}"));
        found.extend(numbers(&page));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(cursor) => next = cursor.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, recorded);
    assert!((3..=4).contains(&pages), "{pages}");
    assert_eq!(numbers(&list("reference=r3")).len(), 5);
    assert_eq!(numbers(&list("reference=none")).len(), 0);
    assert_eq!(
        numbers(&list("origin_country_id=us&to=2020-01-01T00:00:00Z")).len(),
        0
    );
    let first = list("limit=10");
    let cursor = first["next_cursor"].as_str().unwrap();
    let other = client.ask(
        "GET",
        &format!("/tracking-numbers?reference=r3&cursor={cursor}"),
    );
    assert_eq!(other.status, 400);
    assert_eq!(other.problem()["errors"][0]["code"], "other-filter");
    ledger.turn_off();
    let gone = client.ask("GET", "/tracking-numbers");
    assert_eq!(gone.problem()["type"], "/problems/ledger-unavailable");
    let without = InProcess::new();
    let none = Client::connect(without.address).ask("GET", "/tracking-numbers");
    assert_eq!(none.problem()["type"], "/problems/no-ledger");
}

/// Any page could read who got what from a server that its visitor reaches.
#[test]
fn a_page_of_another_site_reads_no_ledger() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let number = number(&client.ask("GET", NEXT));
    let foreign = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"];
    let list = client.ask_with("GET", "/tracking-numbers", &foreign);
    assert_eq!(list.problem()["type"], "/problems/cross-site");
    let target = format!("/tracking-numbers/{number}");
    let verdict = client.ask_with("GET", &target, &foreign).json();
    assert_eq!(verdict["verdict"], "belongs");
    assert!(verdict.get("record").is_none(), "{verdict}");
    assert!(client.ask("GET", &target).json().get("record").is_some());
}

#[test]
fn a_reference_that_is_no_text_is_refused() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    for key in ["r", "r"] {
        let key = format!("Idempotency-Key: {key}");
        let answer = client.ask_with("GET", &format!("{NEXT}&reference=%FF"), &[&key]);
        assert_eq!(answer.problem()["errors"][0]["code"], "not-utf-8");
        refused(&ledger, &answer, 400, "wrong-parameters");
    }
}

/// What is listed until a time stays all that is: nothing is put in behind it later.
#[test]
fn a_long_answer_is_listed_as_it_is_made() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let answer = post(&mut client, None, &json!({"count": 200_000}));
    assert_eq!(answer.status, 200);
    let entries = ledger.entries();
    let (newest, oldest) = (&entries[0], &entries[entries.len() - 1]);
    assert_eq!(entries.len(), 200_000);
    assert!(newest.issued_at_ms > oldest.issued_at_ms);
}

#[test]
fn only_the_scope_ledger_lists() {
    let ledger = Ledgered::new();
    let file = TokenFile::new(&[
        ("a", "trk_1", "issue read", ""),
        ("b", "trk_2", "ledger", ""),
    ]);
    let server = gated(&ledger, Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    let mut ask = |method: &str, token: &str, target: &str| {
        let bearer = format!("Authorization: Bearer {token}");
        client.ask_with(method, target, &[&bearer]).status
    };
    assert_eq!(ask("GET", "trk_1", "/tracking-numbers"), 403);
    assert_eq!(ask("GET", "trk_2", "/tracking-numbers"), 200);
    assert_eq!(ask("HEAD", "trk_2", "/tracking-numbers"), 200);
    assert_eq!(ask("GET", "trk_2", NEXT), 403);
    assert_eq!(ask("POST", "trk_2", "/tracking-numbers"), 403);
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
