//! What is recorded is found, whole, once.

use std::sync::Barrier;

use tracking_core::order::Order;
use tracking_ledger::{LedgerOptions, Origin, Recorded, Recording};

use super::Check;
use crate::support::{NOW_MS, Place, full_order, number, order, record_new, recording};

pub(super) const CHECKS: &[Check] = &[
    ("what is recorded is found as it was", as_it_was),
    ("many sizes of batches are recorded whole", sizes),
    (
        "a number of somebody else is refused, and nothing beside it",
        collision,
    ),
    ("a clone of what was recorded is the same", again),
    ("no name is stored where none is wanted", without_names),
    ("threads that record at once lose nothing", threads),
    ("a thousand numbers of one millisecond", one_millisecond),
];

fn as_it_was(place: &dyn Place) {
    let ledger = place.open();
    assert!(ledger.find(number(1)).unwrap().is_none());
    for (count, order) in [full_order(), Order::default()].into_iter().enumerate() {
        let count = count as u64;
        let recorded = recording(count, &order)
            .with_reference(Some("PO 1 ".parse().unwrap()))
            .with_token(Some("shop-a".parse().unwrap()))
            .with_request_id(Some("0192-ä".parse().unwrap()));
        record_new(&*ledger, recorded);
        let entry = place
            .open()
            .find(number(count))
            .unwrap()
            .expect("it is there");
        assert_eq!(entry.number, number(count));
        assert_eq!(entry.issued_at_ms, NOW_MS);
        assert_eq!(entry.origin, Origin::Issued);
        assert_eq!(entry.order, order);
        assert_eq!(entry.reference.unwrap().as_str(), "PO 1 ");
        assert_eq!(entry.token.unwrap().as_str(), "shop-a");
        assert_eq!(entry.request_id.unwrap().as_str(), "0192-ä");
    }
    assert!(ledger.record(&[]).unwrap().is_empty());
}

fn sizes(place: &dyn Place) {
    let ledger = place.open();
    let order = full_order();
    let mut next = 0;
    for size in [1, 7, 8, 9, 63, 64, 255, 256, 400] {
        let batch: Vec<_> = (next..next + size)
            .map(|count| recording(count, &order))
            .collect();
        assert!(
            ledger
                .record(&batch)
                .unwrap()
                .iter()
                .all(|outcome| *outcome == Recorded::New)
        );
        next += size;
    }
    for count in 0..next {
        assert!(ledger.find(number(count)).unwrap().is_some(), "{count}");
    }
}

fn collision(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    record_new(&*ledger, recording(5, &order));
    let pair = Recording::new([number(6), number(5)], NOW_MS, order.clone()).unwrap();
    let batch = [
        recording(1, &order),
        pair,
        recording(5, &order),
        recording(2, &order),
        recording(2, &order),
    ];
    assert_eq!(
        ledger.record(&batch).unwrap(),
        [
            Recorded::New,
            Recorded::Collided(vec![number(5)]),
            Recorded::Collided(vec![number(5)]),
            Recorded::New,
            Recorded::Collided(vec![number(2)]),
        ],
    );
    // The pair is recorded whole or not at all.
    assert!(ledger.find(number(6)).unwrap().is_none());
    assert!(ledger.find(number(1)).unwrap().is_some() && ledger.find(number(2)).unwrap().is_some());
}

fn again(place: &dyn Place) {
    let ledger = place.open();
    let first = recording(1, &Order::default());
    let twice = [first.clone(), first.clone()];
    assert_eq!(
        ledger.record(&twice).unwrap(),
        [Recorded::New, Recorded::New]
    );
    assert_eq!(
        ledger
            .record(&[first, recording(2, &Order::default())])
            .unwrap(),
        [Recorded::New, Recorded::New]
    );
    assert!(ledger.find(number(2)).unwrap().is_some());
}

fn without_names(place: &dyn Place) {
    let ledger = place
        .try_open(&LedgerOptions::default().without_names())
        .unwrap();
    record_new(
        &*ledger,
        recording(
            1,
            &order(&[("customer_name", "Anna"), ("customer_slug", "anna")]),
        ),
    );
    let entry = ledger.find(number(1)).unwrap().unwrap();
    assert_eq!(entry.order, order(&[("customer_slug", "anna")]));
}

fn threads(place: &dyn Place) {
    let ledgers = [place.open(), place.open()];
    let order = full_order();
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (ledger, order, barrier) = (&ledgers[thread as usize % 2], &order, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for round in 0..10 {
                    let first = thread * 1_000 + round * 10;
                    let batch: Vec<_> = (first..first + 10)
                        .map(|count| recording(count, order))
                        .collect();
                    let outcomes = ledger.record(&batch).unwrap();
                    assert!(outcomes.iter().all(|outcome| *outcome == Recorded::New));
                }
            });
        }
    });
    for thread in 0..4 {
        for count in 0..100 {
            assert!(
                ledgers[0]
                    .find(number(thread * 1_000 + count))
                    .unwrap()
                    .is_some()
            );
        }
    }
}

fn one_millisecond(place: &dyn Place) {
    let ledger = place.open();
    let numbers: Vec<_> = (0..1_000).map(number).collect();
    record_new(
        &*ledger,
        Recording::new(numbers, NOW_MS, full_order()).unwrap(),
    );
    assert_eq!(
        ledger.find(number(999)).unwrap().unwrap().issued_at_ms,
        NOW_MS
    );
}
