//! Whether it would record is tried: durably, and without a trace.

use std::thread;

use tracking_core::order::Order;
use tracking_ledger::{Filter, KeyState, PageLimit};

use super::Check;
use crate::support::{Place, claim, record_new, recording};

pub(super) const CHECKS: &[Check] = &[
    ("what is tried touches nobody's entries and keys", untouched),
    ("many try at once, while keys are swept", at_once),
];

fn untouched(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    let key = claim(None, "probe", &order);
    record_new(&*ledger, recording(1, &order).with_claim(Some(key.clone())));
    for _ in 0..3 {
        ledger.probe().unwrap();
    }
    let page = ledger.list(&Filter::default(), None, PageLimit::default());
    assert_eq!(page.unwrap().entries.len(), 1);
    let state = ledger.replay(&key).unwrap();
    assert!(matches!(state, KeyState::Replayed(_)), "{state:?}");
    // It was written, and its time is over.
    assert_eq!(ledger.sweep().unwrap(), 1);
    assert_eq!(ledger.sweep().unwrap(), 0);
}

fn at_once(place: &dyn Place) {
    let ledgers = [place.open(), place.open()];
    thread::scope(|scope| {
        for index in 0..4 {
            let ledger = &ledgers[index % 2];
            scope.spawn(move || {
                for _ in 0..25 {
                    ledger.probe().unwrap();
                    ledger.sweep().unwrap();
                }
            });
        }
    });
}
