//! Erasing, pruning, importing.

use tracking_core::order::{CustomerId, Order};
use tracking_ledger::{Filter, Imported, OldNumber, Origin, PageLimit, Prune, Recorded, Recording};

use super::Check;
use crate::support::{
    CUSTOMER, NOW_MS, Place, full_order, number, order, record_new, recording, recording_at,
};

pub(super) const CHECKS: &[Check] = &[
    ("a customer who is erased leaves numbers behind", erased),
    (
        "pruning takes people out, or rows, but nothing imported",
        pruned,
    ),
    ("importing again changes nothing", imported),
    (
        "an imported number is never recorded for somebody else",
        guards,
    ),
];

fn erased(place: &dyn Place) {
    let ledger = place.open();
    let numbers: Vec<_> = (0..1_000).map(number).collect();
    let with_all = |recording: Recording| {
        recording
            .with_reference(Some("PO".parse().unwrap()))
            .with_token(Some("t".parse().unwrap()))
            .with_request_id(Some("r".parse().unwrap()))
    };
    record_new(
        &*ledger,
        with_all(Recording::new(numbers, NOW_MS, full_order()).unwrap()),
    );
    record_new(&*ledger, with_all(recording(1_000, &full_order())));
    let other = order(&[("customer_id", "00000000-0000-0000-0000-000000000000")]);
    record_new(&*ledger, recording(1_001, &other));
    let customer: CustomerId = CUSTOMER.parse().unwrap();
    assert_eq!(ledger.erase(customer).unwrap(), 1_001);
    assert_eq!(ledger.erase(customer).unwrap(), 0);
    let entry = ledger.find(number(7)).unwrap().unwrap();
    let left = order(&[
        ("origin_country_id", "MY"),
        ("destination_country_id", "ID"),
        ("weight", "1.234"),
        ("created_at", "2016-12-31T15:59:60.25-08:00"),
    ]);
    assert_eq!(entry.order, left);
    assert_eq!((entry.reference, entry.request_id), (None, None));
    assert_eq!(entry.token.unwrap().as_str(), "t");
    assert_eq!(ledger.find(number(1_001)).unwrap().unwrap().order, other);
    let filter = Filter {
        customer_id: Some(customer),
        ..Filter::default()
    };
    assert!(
        ledger
            .list(&filter, None, PageLimit::default())
            .unwrap()
            .entries
            .is_empty()
    );
}

fn pruned(place: &dyn Place) {
    let ledger = place.open();
    for first in [0, 1_000] {
        let numbers: Vec<_> = (first..first + 1_000).map(number).collect();
        record_new(
            &*ledger,
            Recording::new(numbers, NOW_MS + first as i64, full_order()).unwrap(),
        );
    }
    record_new(&*ledger, recording_at(5_000, NOW_MS + 5_000, &full_order()));
    let old = OldNumber {
        number: number(9_999),
        issued_at_ms: NOW_MS,
    };
    ledger.import(&[old]).unwrap();
    assert_eq!(ledger.prune(NOW_MS, Prune::Rows).unwrap(), 0);
    assert_eq!(
        ledger.prune(NOW_MS + 5_000, Prune::PersonalData).unwrap(),
        2_000
    );
    assert_eq!(
        ledger.prune(NOW_MS + 5_000, Prune::PersonalData).unwrap(),
        0
    );
    assert_eq!(
        ledger
            .find(number(3))
            .unwrap()
            .unwrap()
            .order
            .customer_name(),
        None
    );
    assert_eq!(
        ledger.find(number(5_000)).unwrap().unwrap().order,
        full_order()
    );
    assert_eq!(ledger.prune(NOW_MS + 5_000, Prune::Rows).unwrap(), 2_000);
    assert!(ledger.find(number(3)).unwrap().is_none());
    assert!(ledger.find(number(9_999)).unwrap().is_some());
    assert_eq!(ledger.prune(i64::MAX, Prune::Rows).unwrap(), 1);
    assert!(ledger.find(number(9_999)).unwrap().is_some());
}

fn old(count: u64) -> OldNumber {
    OldNumber {
        number: number(count),
        issued_at_ms: NOW_MS - count as i64,
    }
}

fn imported(place: &dyn Place) {
    let ledger = place.open();
    record_new(&*ledger, recording(3, &full_order()));
    let mut numbers: Vec<_> = (0..2_500).map(old).collect();
    numbers.push(old(7));
    let first = ledger.import(&numbers).unwrap();
    assert_eq!(
        first,
        Imported {
            added: 2_499,
            known: 2
        }
    );
    let second = ledger.import(&numbers).unwrap();
    assert_eq!(
        second,
        Imported {
            added: 0,
            known: 2_501
        }
    );
    let entry = ledger.find(number(8)).unwrap().unwrap();
    assert_eq!(
        (entry.origin, entry.issued_at_ms),
        (Origin::Imported, NOW_MS - 8)
    );
    assert_eq!(entry.order, Order::default());
    assert_eq!(ledger.find(number(3)).unwrap().unwrap().order, full_order());
    // Times that no row can have.
    for issued_at_ms in [i64::MIN, i64::MAX] {
        let number = number(10_000 + u64::from(issued_at_ms > 0));
        ledger
            .import(&[OldNumber {
                number,
                issued_at_ms,
            }])
            .unwrap();
        let found = ledger.find(number).unwrap().unwrap().issued_at_ms;
        assert_eq!(found, issued_at_ms.clamp(0, (1 << 42) - 1));
    }
}

fn guards(place: &dyn Place) {
    let ledger = place.open();
    ledger.import(&[old(1)]).unwrap();
    let outcomes = ledger.record(&[recording(1, &Order::default())]).unwrap();
    assert_eq!(outcomes, [Recorded::Collided(vec![number(1)])]);
}
