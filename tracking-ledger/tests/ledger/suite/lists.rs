//! Lists: newest first, by the page.

use tracking_core::TrackingNumber;
use tracking_core::order::Order;
use tracking_ledger::{Cursor, Filter, Ledger, LedgerError, PageLimit, Recording};

use super::Check;
use crate::support::{
    CUSTOMER, NOW_MS, Place, full_order, number, order, record_new, recording_at,
};

pub(super) const CHECKS: &[Check] = &[
    ("pages are newest first, without a gap or a repeat", pages),
    ("each field of a filter leaves out what it says", filters),
    ("a cursor goes with its filter alone", cursors),
    (
        "a page looks at ten thousand rows, and the list goes on",
        short_pages,
    ),
    (
        "what is recorded or pruned meanwhile moves nothing else",
        meanwhile,
    ),
];

fn all(ledger: &dyn Ledger, filter: &Filter, limit: usize) -> (Vec<TrackingNumber>, usize) {
    let (mut numbers, mut pages) = (Vec::new(), 0);
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = ledger
            .list(filter, cursor.as_ref(), PageLimit::nearest(limit))
            .unwrap();
        assert!(page.entries.len() <= limit);
        numbers.extend(page.entries.iter().map(|entry| entry.number));
        pages += 1;
        match page.next {
            // As it goes through a client.
            Some(next) => cursor = Some(next.to_string().parse().unwrap()),
            None => return (numbers, pages),
        }
    }
}

fn pages(place: &dyn Place) {
    let ledger = place.open();
    assert_eq!(all(&*ledger, &Filter::default(), 10), (vec![], 1));
    // Recorded out of order, several in a millisecond.
    for count in [5, 3, 4, 1, 2, 0] {
        record_new(
            &*ledger,
            recording_at(count, NOW_MS + count as i64 / 2, &Order::default()),
        );
    }
    let (whole, pages) = all(&*ledger, &Filter::default(), 6);
    assert_eq!((whole.len(), pages), (6, 1));
    assert!(whole[0] >= number(4) && whole[5] <= number(1));
    for limit in [1, 2, 4, 5] {
        assert_eq!(all(&*ledger, &Filter::default(), limit).0, whole);
    }
}

fn filters(place: &dyn Place) {
    let ledger = place.open();
    let set = |recording: Recording| {
        recording
            .with_reference(Some("PO-1".parse().unwrap()))
            .with_token(Some("shop-a".parse().unwrap()))
            .with_request_id(Some("r1".parse().unwrap()))
    };
    record_new(&*ledger, set(recording_at(1, NOW_MS, &full_order())));
    record_new(&*ledger, recording_at(2, NOW_MS + 1, &Order::default()));
    let other = order(&[
        ("customer_id", CUSTOMER),
        ("origin_country_id", "ID"),
        ("destination_country_id", "MY"),
    ]);
    record_new(
        &*ledger,
        recording_at(3, NOW_MS + 2, &other).with_reference(Some("PO-1 ".parse().unwrap())),
    );
    let none = Filter::default();
    let id = CUSTOMER.parse().ok();
    let cases: [(Filter, &[u64]); 14] = [
        (none.clone(), &[3, 2, 1]),
        (
            Filter {
                customer_id: id,
                ..none.clone()
            },
            &[3, 1],
        ),
        (
            Filter {
                reference: "PO-1".parse().ok(),
                ..none.clone()
            },
            &[1],
        ),
        (
            Filter {
                reference: "PO-1 ".parse().ok(),
                ..none.clone()
            },
            &[3],
        ),
        (
            Filter {
                reference: "po-1".parse().ok(),
                ..none.clone()
            },
            &[],
        ),
        (
            Filter {
                request_id: "r1".parse().ok(),
                ..none.clone()
            },
            &[1],
        ),
        (
            Filter {
                request_id: "R1".parse().ok(),
                ..none.clone()
            },
            &[],
        ),
        (
            Filter {
                token: "shop-a".parse().ok(),
                ..none.clone()
            },
            &[1],
        ),
        (
            Filter {
                origin_country_id: "ID".parse().ok(),
                ..none.clone()
            },
            &[3],
        ),
        (
            Filter {
                destination_country_id: "ID".parse().ok(),
                ..none.clone()
            },
            &[1],
        ),
        (
            Filter {
                from_ms: Some(NOW_MS + 1),
                ..none.clone()
            },
            &[3, 2],
        ),
        (
            Filter {
                to_ms: Some(NOW_MS + 1),
                ..none.clone()
            },
            &[1],
        ),
        (
            Filter {
                from_ms: Some(i64::MIN),
                to_ms: Some(i64::MAX),
                ..none.clone()
            },
            &[3, 2, 1],
        ),
        (
            Filter {
                customer_id: id,
                reference: "PO-1".parse().ok(),
                request_id: "r1".parse().ok(),
                token: "shop-a".parse().ok(),
                origin_country_id: "MY".parse().ok(),
                destination_country_id: "ID".parse().ok(),
                from_ms: Some(NOW_MS),
                to_ms: Some(NOW_MS + 1),
            },
            &[1],
        ),
    ];
    for (filter, expected) in cases {
        let expected: Vec<_> = expected.iter().copied().map(number).collect();
        for limit in [1, 10] {
            assert_eq!(all(&*ledger, &filter, limit).0, expected, "{filter:?}");
        }
    }
}

fn cursors(place: &dyn Place) {
    let ledger = place.open();
    for count in 0..3 {
        record_new(&*ledger, recording_at(count, NOW_MS, &full_order()));
    }
    let none = Filter::default();
    let page = ledger.list(&none, None, PageLimit::nearest(1)).unwrap();
    let cursor = page.next.unwrap();
    for other in [
        Filter {
            customer_id: CUSTOMER.parse().ok(),
            ..none.clone()
        },
        Filter {
            reference: "r".parse().ok(),
            ..none.clone()
        },
        Filter {
            to_ms: Some(NOW_MS + 9),
            ..none.clone()
        },
    ] {
        let error = ledger
            .list(&other, Some(&cursor), PageLimit::default())
            .unwrap_err();
        assert!(matches!(error, LedgerError::OtherFilter), "{error}");
    }
    // Another limit is no other filter.
    let rest = ledger
        .list(&none, Some(&cursor), PageLimit::default())
        .unwrap();
    assert_eq!((rest.entries.len(), rest.next), (2, None));
}

fn short_pages(place: &dyn Place) {
    let ledger = place.open();
    let token = |name: &str| Some(name.parse().unwrap());
    record_new(
        &*ledger,
        recording_at(0, NOW_MS - 1, &Order::default()).with_token(token("rare")),
    );
    for first in (1..=10_000).step_by(1_000) {
        let numbers: Vec<_> = (first..first + 1_000).map(number).collect();
        let recording = Recording::new(numbers, NOW_MS + first as i64, Order::default()).unwrap();
        record_new(&*ledger, recording.with_token(token("common")));
    }
    let rare = Filter {
        token: token("rare"),
        ..Filter::default()
    };
    let page = ledger.list(&rare, None, PageLimit::default()).unwrap();
    assert!(page.entries.is_empty() && page.next.is_some());
    assert_eq!(all(&*ledger, &rare, 100), (vec![number(0)], 2));
    let common = Filter {
        token: token("common"),
        ..Filter::default()
    };
    let (numbers, _) = all(&*ledger, &common, 999);
    let distinct: std::collections::HashSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), distinct.len()), (10_000, 10_000));
}

fn meanwhile(place: &dyn Place) {
    let ledger = place.open();
    let none = Filter::default();
    for count in 0..10 {
        record_new(
            &*ledger,
            recording_at(count, NOW_MS + count as i64, &Order::default()),
        );
    }
    let page = ledger.list(&none, None, PageLimit::nearest(5)).unwrap();
    record_new(&*ledger, recording_at(100, NOW_MS + 100, &Order::default()));
    // The row that the cursor stands on goes.
    place.sql(&format!(
        "DELETE FROM tracking_entries WHERE number = '{}'",
        number(5)
    ));
    let rest = ledger
        .list(&none, page.next.as_ref(), PageLimit::nearest(10))
        .unwrap();
    let rest: Vec<_> = rest.entries.iter().map(|entry| entry.number).collect();
    assert_eq!(rest, [4, 3, 2, 1, 0].map(number));
}
