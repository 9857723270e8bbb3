//! The ledger fails: nothing is issued, and it goes on by itself.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{NEXT, number, post, server};
use crate::support::{Answer, Client, Ledgered};

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
