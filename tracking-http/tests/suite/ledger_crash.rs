//! The server is killed under load, again and again: whatever was answered is in the ledger, no number is answered
//! twice, and a request that got no answer is answered with one number when it is sent again.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tracking_ledger::{LedgerOptions, open_ledger};

use crate::support::{Client, Program};

const NEXT: &str = "/next-tracking-number?weight=1.2";
const CLIENTS: usize = 4;

/// A tenth of them in each run; all in `scripts/prove`.
fn rounds() -> usize {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => 200,
        None => 20,
    }
}

/// The number of an answer, or none where the connection ended.
fn ask(client: &mut Client, key: &str) -> Option<String> {
    let request = format!("GET {NEXT} HTTP/1.1\r\nHost: test\r\nIdempotency-Key: {key}\r\n\r\n");
    if !client.try_send(&request) {
        return None;
    }
    let answer = client.try_receive("GET")?;
    assert_eq!(answer.status, 200, "{answer:?}");
    let number = &answer.json()["tracking_number"];
    number.as_str().map(str::to_owned)
}

#[test]
fn kill_under_load_loses_and_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (store, ledger) = (
        format!("file:{}", path("a.series")),
        format!("sqlite:{}", path("ledger.db")),
    );
    let mut answered: HashMap<String, String> = HashMap::new();
    let mut unanswered: Vec<String> = Vec::new();
    let (mut midway, mut recorded) = (0, 0);
    for round in 0..rounds() {
        let args = ["--store", &store, "--ledger", &ledger];
        let program = Program::start(&args, &[("RUST_LOG", "off")]);
        let address = program.address;
        let mut client = Client::connect(address);
        // What was cut off gets one number now, whether or not it had been recorded.
        for key in unanswered.drain(..) {
            let number = ask(&mut client, &key).unwrap();
            assert_eq!(ask(&mut client, &key).as_ref(), Some(&number), "{key}");
            answered.insert(key, number);
        }
        let is_killed = AtomicBool::new(false);
        thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let is_killed = &is_killed;
                    let mut connection = Client::connect(address);
                    scope.spawn(move || {
                        let mut answered = Vec::new();
                        for count in 0.. {
                            let key = format!("{round}-{client}-{count}");
                            match ask(&mut connection, &key) {
                                Some(number) => answered.push((key, number)),
                                None => {
                                    assert!(
                                        is_killed.load(Ordering::SeqCst),
                                        "before it was killed"
                                    );
                                    return (answered, key);
                                }
                            }
                        }
                        unreachable!("some are asked for ever")
                    })
                })
                .collect();
            thread::sleep(Duration::from_millis(20 + (round as u64 * 37) % 80));
            is_killed.store(true, Ordering::SeqCst);
            drop(program);
            for client in clients {
                let (of_client, cut_off) = client.join().unwrap();
                midway += usize::from(!of_client.is_empty());
                answered.extend(of_client);
                unanswered.push(cut_off);
            }
        });
    }
    let numbers: HashSet<_> = answered.values().collect();
    assert_eq!(numbers.len(), answered.len(), "a number was answered twice");
    let ledger = open_ledger(&ledger.parse().unwrap(), &LedgerOptions::default());
    let ledger = ledger.unwrap().unwrap();
    for (key, number) in &answered {
        let entry = ledger.find(number.parse().unwrap()).unwrap();
        assert!(
            entry.is_some(),
            "{number} of {key} was answered and is not recorded"
        );
        recorded += 1;
    }
    // The kill met clients that were being answered.
    assert!(midway > rounds() * CLIENTS / 2, "{midway}");
    println!(
        "{recorded} answered numbers are recorded; {midway} clients were cut off in the midst of many"
    );
}
