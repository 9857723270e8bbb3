//! Others meet the recorder's transactions: those that it loses are tried again or refused whole, and it goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use mysql::Conn;
use mysql::prelude::Queryable;
use tracking_core::order::Order;
use tracking_ledger::{Recorded, Recorder};

use crate::support::clients::{Clients, wait_until};
use crate::support::mariadb::MariaDb;
use crate::support::{Place, claim, kills, number, record_new, recording};

/// Two keys that many send again and again, so that a batch locks one and then the other.
const KEYS: [&str; 2] = ["a", "b"];

/// Numbers far from the clients'.
const KEYED: u64 = 1_000_000_000;

fn lock(connection: &mut Conn, key: &str) -> mysql::Result<()> {
    connection.exec_drop(
        "UPDATE tracking_keys SET issued_at_ms = issued_at_ms + 1 WHERE scope = '' AND name = ?",
        (key,),
    )
}

/// Sends both keys again, in one batch as often as may be, until it ends.
fn send_keys_again(recorder: &Recorder, ends: &AtomicBool) {
    let order = Order::default();
    for count in 0.. {
        if ends.load(Ordering::SeqCst) {
            return;
        }
        let sent = KEYS.map(|key| {
            let again = KEYED + 10 + 2 * count + u64::from(key == "b");
            let again = recording(again, &order).with_claim(Some(claim(None, key, &order)));
            recorder.submit(again)
        });
        for (index, sent) in sent.into_iter().enumerate() {
            match sent.wait(Duration::from_secs(3)) {
                Ok(Recorded::Replayed(replay)) => {
                    assert_eq!(replay.numbers, [number(KEYED + index as u64)]);
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => assert!(error.is_temporary(), "{error}"),
            }
        }
    }
}

/// Both keys as they were recorded at first.
fn record_keys(recorder: &Recorder) {
    let order = Order::default();
    for (index, key) in KEYS.into_iter().enumerate() {
        let first = recording(KEYED + index as u64, &order);
        let first = first.with_claim(Some(claim(None, key, &order)));
        record_new(recorder.ledger(), first);
    }
}

#[test]
fn who_loses_a_deadlock_is_recorded_all_the_same() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let recorder = Recorder::start(place.open()).unwrap();
    record_keys(&recorder);
    place.sql("CREATE TABLE heavy (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE = InnoDB");
    let mut other = server.connection(Some(place.name()));
    let deadlocks = || {
        server.value::<u64>(
            "SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'",
        )
    };
    let (before, mut lost) = (deadlocks(), 0);
    let wanted = u64::from(kills(10));
    let ends = AtomicBool::new(false);
    let clients = Clients::run(&recorder, |_| {
        thread::scope(|scope| {
            scope.spawn(|| send_keys_again(&recorder, &ends));
            wait_until("no deadlock is met", || {
                // What has changed more is not the victim.
                let weight = "INSERT INTO heavy WITH RECURSIVE numbers AS \
                    (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < 500) \
                    SELECT NULL FROM numbers";
                other.query_drop("BEGIN").unwrap();
                other.query_drop(weight).unwrap();
                // The wrong way round.
                let locked = lock(&mut other, "b").and_then(|()| lock(&mut other, "a"));
                lost += u64::from(locked.is_err());
                other.query_drop("ROLLBACK").unwrap();
                deadlocks() - before - lost >= wanted
            });
            ends.store(true, Ordering::SeqCst);
        });
    });
    let met = deadlocks() - before - lost;
    eprintln!("{met} deadlocks were lost by the recorder, and {lost} by the other");
    // Nobody was told: each was tried again.
    assert_eq!(clients.refused_with("Deadlock"), 0);
}

#[test]
fn who_waits_too_long_for_a_lock_is_refused_whole_and_answered_by_its_key() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let recorder = Recorder::start(place.open()).unwrap();
    record_keys(&recorder);
    let mut other = server.connection(Some(place.name()));
    let ends = AtomicBool::new(false);
    let clients = Clients::run(&recorder, |clients| {
        thread::scope(|scope| {
            scope.spawn(|| send_keys_again(&recorder, &ends));
            for _ in 0..kills(2) {
                let failures = recorder.status().failures;
                other.query_drop("BEGIN").unwrap();
                lock(&mut other, "b").unwrap();
                wait_until("no lock is waited for too long", || {
                    recorder.status().failures > failures
                });
                other.query_drop("ROLLBACK").unwrap();
                clients.go_on();
                assert!(recorder.status().is_well);
            }
            ends.store(true, Ordering::SeqCst);
        });
    });
    let met = recorder.status().failures;
    let told = clients.refused_with("Lock wait timeout exceeded");
    eprintln!("{met} batches waited too long, of which {told} numbers were told");
    assert!(met >= u64::from(kills(2)) && told > 0);
}

/// As MariaDB does from 11.6 on, unless it is told otherwise.
#[test]
fn who_meets_a_row_that_has_changed_is_recorded_all_the_same() {
    let Some(server) = MariaDb::start_mariadb(&["--innodb-snapshot-isolation=ON"]) else {
        return;
    };
    let place = server.database();
    let recorder = Recorder::start(place.open()).unwrap();
    place.sql("CREATE TABLE shared (id INT PRIMARY KEY, changed INT NOT NULL) ENGINE = InnoDB");
    place.sql("INSERT INTO shared VALUES (1, 0)");
    // No roll-back takes away what is counted here: changes that were begun, and not done, failed.
    place.sql("CREATE TABLE changes (done INT NOT NULL) ENGINE = MyISAM");
    let wanted = u64::from(kills(10));
    let failed = "SELECT COUNT(*) - 2 * COALESCE(SUM(done), 0) FROM changes";
    // A row of the batch reads what another changes meanwhile, and then changes it itself.
    place.sql(&format!(
        "CREATE TRIGGER meets BEFORE INSERT ON tracking_entries FOR EACH ROW BEGIN
            DECLARE seen INT;
            IF ({failed}) < {wanted} THEN
                SELECT changed INTO seen FROM shared WHERE id = 1;
                DO SLEEP(0.002);
                INSERT INTO changes VALUES (0);
                UPDATE shared SET changed = changed + 1 WHERE id = 1;
                INSERT INTO changes VALUES (1);
            END IF;
        END"
    ));
    let mut met = 0;
    let clients = Clients::run(&recorder, |_| {
        let mut other = server.connection(Some(place.name()));
        wait_until("no row is met that has changed", || {
            for _ in 0..20 {
                let change = "UPDATE shared SET changed = changed + 1 WHERE id = 1";
                other.query_drop(change).unwrap();
            }
            let count: Option<u64> = other.query_first(failed).unwrap();
            met = count.unwrap();
            met >= wanted
        });
    });
    eprintln!("{met} rows were met that had changed");
    let told = clients.refused_with("Record has changed since last read");
    assert_eq!(told, 0, "each was tried again");
}
