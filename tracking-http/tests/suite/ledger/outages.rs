//! The ledger fails: nothing is issued, and it goes on by itself.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{NEXT, number, post, server};
use crate::support::{Answer, Client, Ledgered, Program, Scrape};
use tracking_test_support::SmallDisk;

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

/// Before the first request fails: nobody asks for a number here.
#[test]
fn a_ledger_that_only_reads_is_not_ready_and_is_seen_to_be_back() {
    let ledger = Ledgered::new();
    let server = server(&ledger);
    let mut client = Client::connect(server.address);
    let mut becomes = |status: u16| {
        let began = Instant::now();
        loop {
            let answer = client.ask("GET", "/readyz");
            if answer.status == status {
                return answer;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{answer:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    becomes(200);
    for _ in 0..2 {
        ledger.only_read();
        let answer = becomes(503);
        assert_eq!(answer.problem()["type"], "/problems/ledger-unavailable");
        ledger.turn_on();
        becomes(200);
    }
    // However often it is asked, it is tried seldom; and not at all while batches tell.
    let (before, began) = (ledger.probes(), Instant::now());
    for _ in 0..500 {
        becomes(200);
    }
    let most = 1 + began.elapsed().as_secs() as u32;
    assert!(
        ledger.probes() - before <= most,
        "{} probes",
        ledger.probes()
    );
    assert!(ledger.entries().is_empty());
}

/// By a real one, on a disk without room.
#[test]
fn a_disk_that_is_full_is_seen_before_a_number_is_asked_for() {
    let Some(disk) = SmallDisk::mount(1_024) else {
        return;
    };
    let ledger = format!("sqlite:{}/ledger.db", disk.path().display());
    let program = Program::start(&["--store", "memory:", "--ledger", &ledger], &[]);
    let mut client = Client::connect(program.address);
    let becomes = |client: &mut Client, status: u16| {
        let began = Instant::now();
        while client.ask("GET", "/readyz").status != status {
            assert!(began.elapsed() < Duration::from_secs(20), "never {status}");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    becomes(&mut client, 200);
    disk.fill();
    becomes(&mut client, 503);
    let failures = |client: &mut Client| {
        let scrape = Scrape::with(client, &[]);
        scrape.get("tracking_ledger_failures_total").unwrap()
    };
    assert_eq!(failures(&mut client), 0.0);
    disk.make_room();
    becomes(&mut client, 200);
    assert_eq!(client.ask("GET", NEXT).status, 200);
}
