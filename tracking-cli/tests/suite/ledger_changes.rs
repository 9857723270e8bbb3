//! `tracking ledger erase` and `prune`.

use tracking_core::order::Order;
use tracking_ledger::Recording;

use crate::ledgers::{
    CUSTOMER, NEW_YEAR_MS, find, ledger, open, operator, order, record, recording,
};

const NOTE: &str = "note: backups, snapshots and binlogs of the ledger from before still hold it, until they are gone\n";

fn of_customer(number: &str, at_ms: i64, customer: &str) -> Recording {
    recording(
        number,
        at_ms,
        order(&[("customer_id", customer), ("weight", "1")]),
    )
}

#[test]
fn erase_takes_the_customer_out_and_leaves_the_rest() {
    let operator = operator();
    let other = "de619854-b59b-425e-9db4-943979e1bd40";
    record(
        &*open(&operator),
        &[
            of_customer("SECOND1", NEW_YEAR_MS + 2, CUSTOMER),
            of_customer("OTHER1", NEW_YEAR_MS + 3, other),
        ],
    );
    let erase = |customer: &str| ledger(&operator, ["erase", "--customer-id", customer]);
    let done = |count| format!("took what tells who the customer is out of {count}\n");
    let upper = CUSTOMER.to_uppercase();
    erase(&upper).assert(0, &done("2 entries"), NOTE);
    let ledger_of = open(&operator);
    let entry = find(&*ledger_of, "FULL1").unwrap();
    assert_eq!(entry.order.customer_id(), None);
    assert_eq!(entry.order.customer_name(), None);
    assert_eq!((entry.reference, entry.request_id), (None, None));
    assert_eq!(entry.order.weight().unwrap().grams(), 1_200);
    assert!(entry.token.is_some());
    let left = find(&*ledger_of, "OTHER1").unwrap().order;
    assert!(left.customer_id().is_some());
    erase(CUSTOMER).assert(0, &done("0 entries"), NOTE);
    erase(other).assert(0, &done("1 entry"), NOTE);
    // Nothing of it is left in the file, or beside it.
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(operator.path(name)).unwrap_or_default();
        let found = bytes
            .windows(8)
            .any(|part| part == b"PO 4711\0" || part == b"Red, \"Bo");
        assert!(!found, "{name}");
    }
}

#[test]
fn prune_takes_out_who_the_customers_were_or_the_entries() {
    let operator = operator();
    let opened = open(&operator);
    let prune = |before, rows: &[&'static str]| {
        ledger(&operator, [&["prune", "--before", before], rows].concat())
    };
    let personal = |count| format!("took what tells who the customers were out of {count}\n");
    prune("2026-01-01T00:00:00.001Z", &[]).assert(0, &personal("0 entries"), NOTE);
    assert!(find(&*opened, "FULL1").unwrap().reference.is_some());
    prune("2026-01-01T08:00:00.002+08:00", &[]).assert(0, &personal("1 entry"), NOTE);
    let entry = find(&*opened, "FULL1").unwrap();
    assert_eq!((entry.reference, entry.order.customer_id()), (None, None));
    // Imported numbers stay.
    prune("2026-01-01T00:00:00.001Z", &["--rows"]).assert(0, "deleted 1 entry\n", NOTE);
    let left = ["FULL1", "BARE1", "OLD1"].map(|number| find(&*opened, number).is_some());
    assert_eq!(left, [true, false, true]);
    record(
        &*opened,
        &[recording("BARE1", NEW_YEAR_MS, Order::default())],
    );
    prune("2026-01-02T00:00:00Z", &["--rows"]).assert(0, "deleted 2 entries\n", NOTE);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let operator = operator();
    for args in [
        &["erase"][..],
        &["erase", "--customer-id", "1"],
        &["prune"],
        &["prune", "--rows"],
        &["prune", "--before", "2026-01-01"],
    ] {
        let ran = ledger(&operator, args.iter().copied());
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
    }
    let ran = ledger(
        &operator,
        ["prune", "--rows", "--before", "2100-01-01T00:00:00Z"],
    );
    assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
    let start =
        "error: expected --before at a time that is past, found 2100-01-01T00:00:00.000Z; it is ";
    assert!(ran.stderr.starts_with(start), "{ran:?}");
    assert!(find(&*open(&operator), "BARE1").is_some());
}
