//! `kill -9` of the process that records: what it has acknowledged is there, once, and the next goes on at once.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tracking_core::TrackingNumber;
use tracking_core::order::Order;
use tracking_ledger::{LedgerOptions, Recorded, Recorder, open_ledger};

use super::SqliteFile;
use crate::support::{Place, claim, kills, number, recording};

/// The ledger's URL, in a process that is to be killed.
const URL: &str = "TRACKING_LEDGER_TEST_URL";

/// The round, so that no two processes have a number in common.
const ROUND: &str = "TRACKING_LEDGER_TEST_ROUND";

/// Records until it is killed, and tells of each number that was acknowledged.
#[test]
fn child() {
    let (Ok(url), Ok(round)) = (std::env::var(URL), std::env::var(ROUND)) else {
        return;
    };
    let url = url.parse().unwrap();
    let ledger = open_ledger(&url, &LedgerOptions::default())
        .unwrap()
        .unwrap();
    let recorder = Recorder::start(ledger).unwrap();
    let round: u64 = round.parse().unwrap();
    thread::scope(|scope| {
        for client in 0..4 {
            let recorder = &recorder;
            scope.spawn(move || {
                let order = Order::default();
                for count in 0.. {
                    let count = round * 100_000_000 + client * 10_000_000 + count;
                    let key = (client == 0).then(|| claim(None, &count.to_string(), &order));
                    let new = recording(count, &order).with_claim(key);
                    assert_eq!(
                        recorder.record(new, Duration::from_secs(10)).unwrap(),
                        Recorded::New
                    );
                    // One write: what arrives is whole.
                    let line = format!("recorded {}\n", number(count));
                    std::io::stderr().write_all(line.as_bytes()).unwrap();
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_survives_kill_9_and_is_there_once() {
    let place = SqliteFile::new();
    let mut acknowledged: Vec<TrackingNumber> = Vec::new();
    for round in 1..=kills(20) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["sqlite::crash::child", "--exact", "--nocapture"])
            .env(URL, place.url())
            .env(ROUND, round.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        // At another moment each time.
        for _ in 0..10 + round % 7 {
            lines.read_line(&mut told).unwrap();
        }
        thread::sleep(Duration::from_micros(u64::from(round) * 97 % 1_000));
        child.kill().unwrap();
        lines.read_to_string(&mut told).unwrap();
        child.wait().unwrap();
        let numbers = told
            .lines()
            .filter_map(|line| line.strip_prefix("recorded "));
        let before = acknowledged.len();
        acknowledged.extend(numbers.map(|text| text.parse::<TrackingNumber>().unwrap()));
        assert!(acknowledged.len() > before, "nothing was recorded:\n{told}");
    }
    let ledger: Arc<_> = place.open();
    let distinct: HashSet<_> = acknowledged.iter().copied().collect();
    assert_eq!(distinct.len(), acknowledged.len());
    for number in &acknowledged {
        assert!(
            ledger.find(*number).unwrap().is_some(),
            "{number} was acknowledged"
        );
    }
    eprintln!("{} acknowledged, none lost", acknowledged.len());
}
