//! First starts, and schemas of other versions.

use std::sync::Barrier;

use tracking_core::order::Order;
use tracking_ledger::{LedgerError, LedgerOptions};

use super::Check;
use crate::support::{Place, number, record_new, recording};

pub(super) const CHECKS: &[Check] = &[
    ("ten first starts at once", ten_at_once),
    (
        "a step that was done and not written down is done again",
        again,
    ),
    ("a newer schema is refused", newer),
];

fn ten_at_once(place: &dyn Place) {
    let barrier = Barrier::new(10);
    std::thread::scope(|scope| {
        for count in 0..10 {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                record_new(&*place.open(), recording(count, &Order::default()));
            });
        }
    });
    let ledger = place.open();
    assert!((0..10).all(|count| ledger.find(number(count)).unwrap().is_some()));
}

fn again(place: &dyn Place) {
    record_new(&*place.open(), recording(1, &Order::default()));
    for kept in (0..7).rev() {
        place.sql(&format!(
            "DELETE FROM tracking_schema WHERE version > {kept}"
        ));
        assert!(place.open().find(number(1)).unwrap().is_some());
    }
}

fn newer(place: &dyn Place) {
    drop(place.open());
    place.sql("INSERT INTO tracking_schema (version) VALUES (999)");
    let error = place.try_open(&LedgerOptions::default()).unwrap_err();
    assert!(
        matches!(error, LedgerError::NewerSchema { found: 999, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("use the newer program"),
        "{error}"
    );
}
