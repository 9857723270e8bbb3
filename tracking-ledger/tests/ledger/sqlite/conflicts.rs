//! Others hold the file's write lock: the recorder waits, or is refused whole, and goes on by itself.

use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tracking_ledger::{OldNumber, Recorder};

use super::SqliteFile;
use crate::support::clients::{Clients, wait_until};
use crate::support::{NOW_MS, Place, kills, number};

fn other(place: &SqliteFile) -> Connection {
    let other = Connection::open(place.path()).unwrap();
    other.busy_timeout(Duration::from_secs(10)).unwrap();
    other
}

#[test]
fn who_waits_for_a_lock_for_a_while_is_recorded_all_the_same() {
    let place = SqliteFile::new();
    let recorder = Recorder::start(place.open()).unwrap();
    let other = other(&place);
    let rounds = kills(5);
    let clients = Clients::run(&recorder, |clients| {
        for _ in 0..rounds {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let before = clients.answered();
            // All wait for it now, but for what was committed before.
            thread::sleep(Duration::from_millis(20));
            assert!(clients.answered() <= before + 8);
            other.execute_batch("COMMIT").unwrap();
            clients.go_on();
        }
    });
    eprintln!("the lock was held {rounds} times");
    assert_eq!(clients.refused(), 0);
}

#[test]
fn who_waits_for_a_lock_for_too_long_is_refused_whole() {
    let place = SqliteFile::new();
    let recorder = Recorder::start(place.open()).unwrap();
    let other = other(&place);
    let clients = Clients::run(&recorder, |clients| {
        for _ in 0..kills(2) {
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            let failures = recorder.status().failures;
            wait_until("the lock does not matter", || {
                recorder.status().failures > failures
            });
            other.execute_batch("COMMIT").unwrap();
            clients.go_on();
            assert!(recorder.status().is_well);
        }
    });
    let (met, told) = (recorder.status().failures, clients.refused_with("locked"));
    eprintln!("{met} batches waited too long, of which {told} numbers were told");
    assert!(met >= u64::from(kills(2)) && told > 0);
}

/// A transaction that has read before it writes is refused at once when somebody else has written meanwhile. None of
/// ours is: they are writers from their beginning. An import reads most before it writes.
#[test]
fn no_transaction_of_ours_is_overtaken() {
    let place = SqliteFile::new();
    let recorder = Recorder::start(place.open()).unwrap();
    let (reader, writer) = (other(&place), other(&place));
    let count = "SELECT COUNT(*) FROM tracking_keys";
    reader.execute_batch(&format!("BEGIN; {count}")).unwrap();
    recorder.ledger().probe().unwrap();
    let overtaken = reader.execute("DELETE FROM tracking_keys", []).unwrap_err();
    let overtaken = overtaken.sqlite_error().unwrap().extended_code;
    assert_eq!(overtaken, rusqlite::ffi::SQLITE_BUSY_SNAPSHOT, "it is real");
    reader.execute_batch("ROLLBACK").unwrap();
    let clients = Clients::run(&recorder, |clients| {
        for part in 0..u64::from(kills(10)) {
            let old: Vec<OldNumber> = (0..1_000)
                .map(|count| OldNumber {
                    number: number(1_000_000_000 + part * 1_000 + count),
                    issued_at_ms: NOW_MS,
                })
                .collect();
            assert_eq!(recorder.ledger().import(&old).unwrap().added, 1_000);
            writer
                .execute("DELETE FROM tracking_keys WHERE expires_at_ms = 0", [])
                .unwrap();
            clients.go_on();
        }
    });
    assert_eq!(clients.refused(), 0);
}
