//! What was recorded is asked for: one number, and pages; and who may.

use serde_json::{Value, json};
use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Gate, Limits, Options};
use tracking_ledger::OldNumber;

use super::{NEXT, gated, number, server};
use crate::support::{Client, InProcess, Ledgered, Program, TokenFile};

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
    assert_eq!((none.status, &none.problem()["status"]), (501, &json!(501)));
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

/// Whoever `--cors-origin` lets in may take numbers; who got them it takes a token to know.
#[test]
fn a_page_that_is_let_in_reads_the_ledger_by_a_token_alone() {
    const PAGE: [&str; 3] = [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Mode: cors",
        "Origin: https://shop.example",
    ];
    let file = TokenFile::new(&[
        ("a", "trk_1", "issue read", ""),
        ("b", "trk_2", "issue read ledger", ""),
    ]);
    for origin in ["https://shop.example", "*"] {
        for (gate, token, may) in [
            (Gate::default(), None, false),
            (
                Gate::with_tokens(file.path()).unwrap(),
                Some("trk_1"),
                false,
            ),
            (Gate::with_tokens(file.path()).unwrap(), Some("trk_2"), true),
        ] {
            let what = format!("{origin} {token:?}");
            let ledger = Ledgered::new();
            let options = Options {
                ledger: Some(ledger.recorder()),
                gate: gate.into(),
                cors_origins: vec![origin.parse().unwrap()],
                ..Options::default()
            };
            let desk = Desk::new(Generator::new(MemoryAllocator::new()));
            let server = InProcess::with_app(App::new(desk, options), Limits::default());
            let mut client = Client::connect(server.address);
            let bearer = token.map(|token| format!("Authorization: Bearer {token}"));
            // The last is how a browser asks that does not say whose page it is.
            for page in [&PAGE[..], &PAGE[2..]] {
                let headers: Vec<&str> = page.iter().copied().chain(bearer.as_deref()).collect();
                let issued = client.ask_with("GET", NEXT, &headers);
                let target = format!("/tracking-numbers/{}", number(&issued));
                let list = client.ask_with("GET", "/tracking-numbers", &headers);
                assert_eq!(list.status, if may { 200 } else { 403 }, "{what} {list:?}");
                let verdict = client.ask_with("GET", &target, &headers);
                assert_eq!(verdict.status, 200, "{what}");
                assert_eq!(verdict.json().get("record").is_some(), may, "{what}");
                for answer in [list, verdict] {
                    let allowed = answer.header("access-control-allow-origin");
                    assert_eq!(allowed, Some(origin), "{what}");
                }
            }
        }
    }
}

/// Behind a proxy of its own host it is not only that host's users who ask.
#[test]
fn without_tokens_nobody_reads_the_ledger_through_a_proxy() {
    for (proxy, status) in [(&[][..], 200), (&["--trusted-proxy", "127.0.0.1"], 403)] {
        let folder = tempfile::tempdir().unwrap();
        let ledger = format!("sqlite:{}/ledger.db", folder.path().display());
        let args = [&["--store", "memory:", "--ledger", &ledger], proxy].concat();
        let program = Program::start(&args, &[]);
        let mut client = Client::connect(program.address);
        let number = number(&client.ask("GET", NEXT));
        assert_eq!(client.ask("GET", "/tracking-numbers").status, status);
        let verdict = client.ask("GET", &format!("/tracking-numbers/{number}"));
        assert_eq!(verdict.status, 200);
        assert_eq!(verdict.json().get("record").is_some(), status == 200);
    }
}
