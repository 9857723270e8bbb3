//! A ledger in a real MariaDB.

mod conflicts;
mod crash;
mod full_disk;
mod servers;
mod settings;
mod tls;

use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use tracking_core::order::Order;
use tracking_ledger::{KeyState, LedgerOptions, Recorded, open_ledger};

use crate::suite;
use crate::support::mariadb::MariaDb;
use crate::support::proxy::Proxy;
use crate::support::{Place, claim, full_order, number, record_new, recording, says_unavailable};

/// By a server whose settings are all others than a ledger needs: each session makes its own.
#[test]
fn conforms() {
    let Some(server) = MariaDb::start(&[
        "--sql-mode=",
        "--transaction-isolation=SERIALIZABLE",
        "--autocommit=0",
        "--default-time-zone=+05:30",
        "--innodb-lock-wait-timeout=50",
        "--default-storage-engine=MyISAM",
        "--character-set-server=latin1",
        "--collation-server=latin1_swedish_ci",
        "--completion-type=CHAIN",
    ]) else {
        return;
    };
    for setting in ["sql_select_limit = 1", "unique_checks = 0"] {
        server.ask(&format!("SET GLOBAL {setting}"));
    }
    suite::run(|| server.database());
}

/// By a server whose zone is another.
#[test]
fn a_django_database_is_read() {
    let Some(server) = MariaDb::start(&["--default-time-zone=+05:30"]) else {
        return;
    };
    suite::django::run(
        &server.database(),
        "CREATE TABLE tracking_trackingnumber (id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, \
            tracking_number varchar(16) NOT NULL UNIQUE, created_at datetime(6) NOT NULL)",
    );
}

#[test]
fn an_operator_is_warned() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let ledger = place.open();
    assert_eq!(ledger.warnings().unwrap(), [""; 0]);
    // A name whose first address may be one that the server does not listen on.
    let by_name = place
        .url()
        .replace("127.0.0.1", "localhost")
        .parse()
        .unwrap();
    open_ledger(&by_name, &LedgerOptions::default()).unwrap();
    server.ask("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    let warnings = ledger.warnings().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].contains("innodb_flush_log_at_trx_commit = 2"),
        "{warnings:?}"
    );
    place.sql("ALTER TABLE tracking_keys ENGINE = MyISAM");
    let error = place.try_open(&LedgerOptions::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected the table tracking_keys in InnoDB, found MyISAM"),
        "{error}"
    );
    let wrong = place.url().replace("shop:s", "shop:x").parse().unwrap();
    let error = open_ledger(&wrong, &LedgerOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("Access denied") && !error.to_string().contains("cret"),
        "{error}"
    );
}

#[test]
fn a_server_with_a_binlog_is_warned_of() {
    let Some(server) = MariaDb::start(&["--log-bin=binlog", "--server-id=1", "--sync-binlog=0"])
    else {
        return;
    };
    let place = server.database();
    let ledger = place.open();
    let warnings = ledger.warnings().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].contains("sync_binlog = 0"),
        "{warnings:?}"
    );
    record_new(
        &*ledger,
        recording(1, &Order::default()).with_claim(Some(claim(None, "k", &Order::default()))),
    );
}

#[test]
fn read_only_then_stopped_then_well_again() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let ledger = place.open();
    record_new(&*ledger, recording(1, &Order::default()));
    server.ask("SET GLOBAL read_only = 1");
    says_unavailable(ledger.record(&[recording(2, &Order::default())]));
    says_unavailable(ledger.probe());
    assert!(ledger.find(number(1)).unwrap().is_some());
    server.ask("SET GLOBAL read_only = 0");
    ledger.probe().unwrap();
    record_new(&*ledger, recording(2, &Order::default()));
    server.pause();
    let start = Instant::now();
    says_unavailable(ledger.record(&[recording(3, &Order::default())]));
    // The time-out of one answer, on the connection that it hangs on; no other is tried.
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    server.resume();
    record_new(&*ledger, recording(4, &Order::default()));
    assert!(ledger.find(number(3)).unwrap().is_none());
}

#[test]
fn an_acknowledgement_that_is_lost_is_no_collision() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let proxy = Proxy::start(server.port());
    let url = place.url_by(proxy.port()).parse().unwrap();
    let ledger = open_ledger(&url, &LedgerOptions::default())
        .unwrap()
        .unwrap();
    let order = full_order();
    let key = claim(Some("shop-a"), "k", &order);
    let lost = recording(1, &order).with_claim(Some(key.clone()));
    proxy.cut_next_commit();
    says_unavailable(ledger.record(std::slice::from_ref(&lost)));
    assert!(proxy.has_cut());
    // The next batch holds only its own, and looks first what became of the other.
    record_new(&*ledger, recording(2, &order));
    assert_eq!(ledger.doubts().recorded, 1);
    // The caller tries again: with its key, or the very same.
    let retry = recording(3, &order).with_claim(Some(key.clone()));
    let [Recorded::Replayed(replay)] = &ledger.record(&[retry]).unwrap()[..] else {
        panic!()
    };
    assert_eq!(replay.numbers, [number(1)]);
    assert_eq!(
        ledger.replay(&key).unwrap(),
        KeyState::Replayed(replay.clone())
    );
    record_new(&*ledger, lost.clone());
    record_new(&*ledger, lost.with_claim(None));
}

#[test]
fn locks_and_deadlocks_leave_nothing_half_done() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let ledger = place.open();
    let order = Order::default();
    let keyed = |count, key| recording(count, &order).with_claim(Some(claim(None, key, &order)));
    record_new(&*ledger, keyed(1, "held"));
    let mut other = server.connection(Some(place.name()));
    other.query_drop("BEGIN").unwrap();
    other
        .query_drop("UPDATE tracking_keys SET issued_at_ms = 1")
        .unwrap();
    // Whoever meets the held key waits for it, no longer than the time-out; the batch is refused whole.
    says_unavailable(ledger.record(&[
        recording(2, &order),
        keyed(3, "held"),
        recording(4, &order),
    ]));
    assert!(
        [2, 3, 4]
            .iter()
            .all(|count| ledger.find(number(*count)).unwrap().is_none())
    );
    other.query_drop("ROLLBACK").unwrap();
    let outcomes = ledger
        .record(&[recording(2, &order), keyed(3, "held"), recording(4, &order)])
        .unwrap();
    assert!(
        matches!(
            &outcomes[..],
            [Recorded::New, Recorded::Replayed(_), Recorded::New]
        ),
        "{outcomes:?}"
    );
}

#[test]
fn another_server_behind_the_same_socket_path_is_never_taken() {
    let (Some(near), Some(far)) = (MariaDb::start(&[]), MariaDb::start(&[])) else {
        return;
    };
    let place = far.database();
    near.ask(&format!("CREATE DATABASE {}", place.name()));
    // As if the far one's port were a tunnel's, and its socket path that of the near one.
    std::fs::remove_file(far.socket()).unwrap();
    std::fs::hard_link(near.socket(), far.socket()).unwrap();
    for count in 0..3 {
        record_new(&*place.open(), recording(count, &Order::default()));
    }
    let sql =
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'tracking_entries'";
    assert_eq!(near.value::<u32>(sql), 0);
}
