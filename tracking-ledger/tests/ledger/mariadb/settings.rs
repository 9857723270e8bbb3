//! What each session is told, seen from within its own transactions.

use mysql::prelude::Queryable;
use tracking_ledger::{LedgerError, Recorder};

use crate::support::mariadb::MariaDb;
use crate::support::{Place, full_order, number, record_new, recording};

/// By a server that is set to the opposite of each.
#[test]
fn a_session_makes_each_setting_that_is_relied_on() {
    let Some(server) = MariaDb::start(&[
        "--autocommit=0",
        "--transaction-isolation=SERIALIZABLE",
        "--sql-mode=",
        "--default-time-zone=+05:00",
        "--innodb-lock-wait-timeout=50",
        "--lock-wait-timeout=86400",
        "--character-set-server=latin1",
        "--completion-type=CHAIN",
    ]) else {
        return;
    };
    for setting in ["sql_select_limit = 1", "unique_checks = 0"] {
        server.ask(&format!("SET GLOBAL {setting}"));
    }
    let place = server.database();
    let ledger = place.open();
    place.sql("CREATE TABLE seen (name VARCHAR(64), value VARCHAR(255)) ENGINE = InnoDB");
    let isolation = match server.program().is_mysql() {
        false => "tx_isolation",
        true => "transaction_isolation",
    };
    let expected = [
        (isolation, "READ-COMMITTED"),
        ("autocommit", "1"),
        ("time_zone", "+00:00"),
        ("innodb_lock_wait_timeout", "1"),
        ("lock_wait_timeout", "1"),
        ("character_set_client", "utf8mb4"),
        ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"),
        ("completion_type", "NO_CHAIN"),
        ("sql_select_limit", "18446744073709551615"),
        ("unique_checks", "1"),
    ];
    let values = expected.map(|(name, _)| format!("('{name}', @@SESSION.{name})"));
    place.sql(&format!(
        "CREATE TRIGGER sees AFTER INSERT ON tracking_entries FOR EACH ROW INSERT INTO seen VALUES {}",
        values.join(", ")
    ));
    record_new(&*ledger, recording(1, &full_order()));
    let mut administrator = server.connection(Some(place.name()));
    let seen: Vec<(String, String)> = administrator
        .query("SELECT name, value FROM seen LIMIT 100")
        .unwrap();
    assert_eq!(
        seen.iter()
            .map(|(name, value)| (&**name, &**value))
            .collect::<Vec<_>>(),
        expected
    );
    // Each statement is by itself where no transaction is begun, so that no read keeps one open.
    // InnoDB has transactions of its own, of no session.
    let open = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> 0";
    ledger.find(number(1)).unwrap();
    assert_eq!(server.value::<u32>(open), 0);
}

/// What a trigger sees of this is its own: so it is seen by what it does.
#[test]
fn what_does_not_fit_is_an_error_and_no_other_value() {
    let Some(server) = MariaDb::start(&["--sql-mode="]) else {
        return;
    };
    let place = server.database();
    let recorder = Recorder::start(place.open()).unwrap();
    let ledger = recorder.ledger();
    place.sql("ALTER TABLE tracking_entries MODIFY customer_name VARCHAR(2)");
    let error = ledger.record(&[recording(1, &full_order())]).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Unavailable { .. }) && error.to_string().contains("too long"),
        "{error}"
    );
    assert!(ledger.find(number(1)).unwrap().is_none());
}
