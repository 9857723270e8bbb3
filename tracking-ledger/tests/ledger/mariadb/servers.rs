//! Which servers will do, how they are reached, and how long they may take.

use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use tracking_core::order::{CustomerId, Order};
use tracking_ledger::{
    DjangoTable, Ledger, LedgerError, LedgerOptions, Prune, Recorded, open_ledger,
};
use tracking_test_support::mysql::slow::Slow;

use crate::support::mariadb::{Database, MariaDb};
use crate::support::{
    CUSTOMER, NOW_MS, Place, claim, full_order, number, record_new, recording, says_unavailable,
};

/// That the ledger is refused, in these words behind its address.
fn refused(place: &Database<'_>, url: &str, words: &str) {
    match open_ledger(&url.parse().unwrap(), &LedgerOptions::default()) {
        Err(LedgerError::Refused { ledger, what }) => {
            assert!(ledger.ends_with(place.name()), "{ledger}");
            let (_, what) = what.split_once(' ').unwrap();
            assert_eq!(what, words);
        }
        other => panic!("{other:?}"),
    }
    let tables: Option<String> = place.first("SHOW TABLES LIKE 'tracking%'");
    assert_eq!(tables, None, "it was written to");
}

impl Database<'_> {
    fn first(&self, statement: &str) -> Option<String> {
        let mut connection = self.server().connection(Some(self.name()));
        connection.query_first(statement).unwrap()
    }
}

/// A Django database is only read, so that any server will do for it.
fn is_read(place: &Database<'_>) {
    place.sql(
        "CREATE TABLE tracking_trackingnumber (id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, \
        tracking_number varchar(16) NOT NULL UNIQUE, created_at datetime(6) NOT NULL)",
    );
    place.sql(
        "INSERT INTO tracking_trackingnumber VALUES (1, 'AB12CD34EF56', '2024-01-01 12:00:00')",
    );
    let mut table = DjangoTable::open(&place.url().parse().unwrap()).unwrap();
    assert_eq!(table.next_chunk().unwrap().len(), 1);
}

#[test]
fn a_node_of_galera_is_refused_unless_somebody_vouches_for_one_writer() {
    let Some(server) = MariaDb::start_mariadb(&["--binlog-format=ROW", "--wsrep-on=ON"]) else {
        return;
    };
    let place = server.database();
    refused(
        &place,
        &place.url(),
        "is a node of a Galera cluster (wsrep_on), where a node may not have yet what another has committed, such as a key that was used; name the one node that all write to, and vouch for that with ?galera=one-writer",
    );
    let url = format!("{}?galera=one-writer", place.url());
    let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default()).unwrap();
    record_new(&*ledger.unwrap(), recording(1, &Order::default()));
    is_read(&server.database());
}

#[test]
fn a_server_that_is_too_old_is_refused() {
    let Some(server) = MariaDb::start_mariadb(&["--version=10.5.28-MariaDB"]) else {
        return;
    };
    let place = server.database();
    refused(
        &place,
        &place.url(),
        "runs MariaDB 10.5.28-MariaDB; MariaDB 10.6 or newer is needed, or MySQL 8.0",
    );
    is_read(&place);
}

#[test]
fn a_server_is_reached_by_its_socket() {
    let Some(server) = MariaDb::start(&["--skip-networking"]) else {
        return;
    };
    let place = server.database();
    let (socket, name) = (server.socket(), place.name());
    let url = format!(
        "mysql+unix://shop:s%3Acret%2F1@{}?db={name}",
        socket.display()
    );
    let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default()).unwrap();
    let ledger = ledger.unwrap();
    record_new(&*ledger, recording(1, &Order::default()));
    assert!(ledger.find(number(1)).unwrap().is_some());
    // What does not leave this host cannot be read on its way.
    assert_eq!(ledger.warnings().unwrap(), [""; 0]);
}

#[test]
fn the_rights_that_are_named_are_enough() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let url = place.url().replace("shop:s%3Acret%2F1@", "clerk@");
    let open = || open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    server.ask("CREATE USER clerk@'%'");
    server.ask(&format!("GRANT SELECT ON {}.* TO clerk@'%'", place.name()));
    let needed = format!(
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `{}`.* TO ",
        place.name()
    );
    let error = open().unwrap_err().to_string();
    assert!(
        error.contains(&format!(
            "the user lacks a right; it needs {needed}it (1142 "
        )),
        "{error}"
    );
    server.ask(&format!("{needed}clerk@'%'"));
    let ledger = open().unwrap().unwrap();
    let order = full_order();
    let keyed = recording(1, &order).with_claim(Some(claim(None, "k", &order)));
    record_new(&*ledger, keyed);
    assert_eq!(ledger.erase(CUSTOMER.parse().unwrap()).unwrap(), 1);
    assert_eq!(ledger.prune(NOW_MS + 1, Prune::Rows).unwrap(), 1);
    place.sql("UPDATE tracking_keys SET expires_at_ms = 0");
    assert_eq!(ledger.sweep().unwrap(), 1);
}

/// The next call makes a new one, and nobody learns of it.
#[test]
fn a_connection_that_ended_while_it_was_idle_is_no_error() {
    let Some(mut server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let (url, name) = (place.url().parse().unwrap(), place.name().to_owned());
    let ledger = open_ledger(&url, &LedgerOptions::default()).unwrap();
    let ledger = ledger.unwrap();
    for count in 0..3 {
        let idle: Vec<u64> = server
            .connection(None)
            .query(format!(
                "SELECT id FROM information_schema.processlist WHERE db = '{name}'"
            ))
            .unwrap();
        assert!(!idle.is_empty());
        for id in idle {
            server.ask(&format!("KILL {id}"));
        }
        record_new(&*ledger, recording(count, &Order::default()));
    }
    server.kill();
    server.start_again();
    record_new(&*ledger, recording(3, &Order::default()));
}

fn open_slowly(place: &Database<'_>, slow: &Slow, timeout_ms: u32) -> std::sync::Arc<dyn Ledger> {
    let url = format!("{}?timeout_ms={timeout_ms}", place.url_by(slow.port()));
    let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    ledger.unwrap().unwrap()
}

/// Each wait is short, and all of them together are not: a byte now and then, and an answer to each of several
/// statements.
#[test]
fn a_call_is_over_in_time_however_its_answers_come() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let (place, slow) = (server.database(), Slow::start(server.port()));
    let ledger = open_slowly(&place, &slow, 1_000);
    let batch = |count| [recording(count, &full_order())];
    assert_eq!(ledger.record(&batch(1)).unwrap(), [Recorded::New]);
    for (pace, stop) in [
        (Slow::trickle as fn(&Slow, u64), 150),
        (Slow::answer_after, 600),
    ] {
        pace(&slow, stop);
        for attempt in 0..2 {
            let start = Instant::now();
            if attempt == 0 {
                let error = ledger.record(&batch(2)).unwrap_err();
                assert!(
                    error
                        .to_string()
                        .contains(" did not answer within 1000 ms; "),
                    "{error}"
                );
            } else {
                // There is no connection any more, and none is made.
                says_unavailable(ledger.record(&batch(2)));
            }
            let took = start.elapsed();
            assert!(took < Duration::from_millis(1_900), "{took:?}");
        }
        pace(&slow, 0);
        assert!(ledger.find(number(2)).unwrap().is_none());
    }
    record_new(&*ledger, recording(2, &full_order()));
}

/// What is done in several transactions has the time for each of them.
#[test]
fn what_takes_several_transactions_may_take_longer() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let (place, slow) = (server.database(), Slow::start(server.port()));
    let ledger = open_slowly(&place, &slow, 1_500);
    let batch: Vec<_> = (0..3_500)
        .map(|count| recording(count, &full_order()))
        .collect();
    for part in batch.chunks(500) {
        ledger.record(part).unwrap();
    }
    slow.answer_after(120);
    let id: CustomerId = CUSTOMER.parse().unwrap();
    for change in [
        &(|| ledger.erase(id)) as &dyn Fn() -> Result<u64, LedgerError>,
        &|| ledger.prune(NOW_MS + 1, Prune::Rows),
    ] {
        let start = Instant::now();
        assert_eq!(change().unwrap(), 3_500);
        assert!(start.elapsed() > Duration::from_millis(1_500));
    }
}
