//! Idempotency keys: one number for a key, as long as it is known.

use std::sync::Barrier;
use std::time::Duration;

use tracking_core::order::Order;
use tracking_ledger::{KeyState, LedgerOptions, Recorded, Replay};

use super::Check;
use crate::support::{NOW_MS, Place, claim, full_order, number, order, record_new, recording};

pub(super) const CHECKS: &[Check] = &[
    (
        "a key is replayed for the same request, and refused for another",
        replayed,
    ),
    ("abc, ABC and \"abc \" are three keys", three_keys),
    ("a key belongs to the name of a token", scopes),
    ("of two in one batch the first is recorded", in_one_batch),
    ("a collision takes no key", collision),
    ("a key whose time is over is new", expiry),
    (
        "retries that race the expiry get one new number",
        racing_expiry,
    ),
    ("keys whose time is over are swept", swept),
];

fn replay_of(count: u64) -> Replay {
    Replay {
        numbers: vec![number(count)],
        issued_at_ms: NOW_MS,
    }
}

fn replayed(place: &dyn Place) {
    let ledger = place.open();
    let order = full_order();
    let key = claim(Some("shop-a"), "k", &order);
    assert_eq!(ledger.replay(&key).unwrap(), KeyState::New);
    record_new(&*ledger, recording(1, &order).with_claim(Some(key.clone())));
    assert_eq!(
        place.open().replay(&key).unwrap(),
        KeyState::Replayed(replay_of(1))
    );
    let other = claim(Some("shop-a"), "k", &Order::default());
    assert_eq!(ledger.replay(&other).unwrap(), KeyState::Reused);
    let batch = [
        recording(2, &order).with_claim(Some(key)),
        recording(3, &order).with_claim(Some(other)),
        recording(4, &order),
    ];
    assert_eq!(
        ledger.record(&batch).unwrap(),
        [
            Recorded::Replayed(replay_of(1)),
            Recorded::KeyReused,
            Recorded::New
        ],
    );
    assert!(ledger.find(number(2)).unwrap().is_none() && ledger.find(number(3)).unwrap().is_none());
}

fn three_keys(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    for (count, key) in [(1, "abc"), (2, "ABC"), (3, "\"abc \"")] {
        record_new(
            &*ledger,
            recording(count, &order).with_claim(Some(claim(None, key, &order))),
        );
    }
    for (count, key) in [(1, "\"abc\""), (2, "ABC"), (3, "\"abc \"")] {
        let state = ledger.replay(&claim(None, key, &order)).unwrap();
        assert_eq!(state, KeyState::Replayed(replay_of(count)), "{key}");
    }
}

fn scopes(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    for (count, scope) in [(1, None), (2, Some("a")), (3, Some("b"))] {
        record_new(
            &*ledger,
            recording(count, &order).with_claim(Some(claim(scope, "k", &order))),
        );
    }
    for (count, scope) in [(1, None), (2, Some("a")), (3, Some("b"))] {
        let state = ledger.replay(&claim(scope, "k", &order)).unwrap();
        assert_eq!(state, KeyState::Replayed(replay_of(count)));
    }
}

fn in_one_batch(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    let key = |key| Some(claim(None, key, &order));
    let batch: Vec<_> = [(1, "z"), (2, "a"), (3, "z"), (4, "a"), (5, "m")]
        .into_iter()
        .map(|(count, name)| recording(count, &order).with_claim(key(name)))
        .collect();
    assert_eq!(
        ledger.record(&batch).unwrap(),
        [
            Recorded::New,
            Recorded::New,
            Recorded::Replayed(replay_of(1)),
            Recorded::Replayed(replay_of(2)),
            Recorded::New,
        ],
    );
    // Recorded again, it is the same: an answer was lost.
    assert_eq!(ledger.record(&batch[..1]).unwrap(), [Recorded::New]);
}

fn collision(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    record_new(&*ledger, recording(1, &order));
    let key = claim(None, "k", &order);
    let batch = [
        recording(1, &order).with_claim(Some(key.clone())),
        recording(2, &order).with_claim(Some(key.clone())),
    ];
    assert_eq!(
        ledger.record(&batch).unwrap(),
        [Recorded::Collided(vec![number(1)]), Recorded::New]
    );
    assert_eq!(
        ledger.replay(&key).unwrap(),
        KeyState::Replayed(replay_of(2))
    );
}

fn expire(place: &dyn Place) {
    place.sql("UPDATE tracking_keys SET expires_at_ms = 1");
}

fn expiry(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    let key = claim(None, "k", &order);
    let other = claim(None, "k", &full_order());
    record_new(&*ledger, recording(1, &order).with_claim(Some(key.clone())));
    expire(place);
    assert_eq!(ledger.replay(&key).unwrap(), KeyState::New);
    record_new(
        &*ledger,
        recording(2, &full_order()).with_claim(Some(other.clone())),
    );
    assert_eq!(
        ledger.replay(&other).unwrap(),
        KeyState::Replayed(replay_of(2))
    );
    assert_eq!(ledger.replay(&key).unwrap(), KeyState::Reused);
    // Both numbers stay.
    assert!(ledger.find(number(1)).unwrap().is_some() && ledger.find(number(2)).unwrap().is_some());
    // By the database's clock, and as long as it is told.
    let short = place
        .try_open(&LedgerOptions::default().key_ttl(Duration::ZERO))
        .unwrap();
    let key = claim(None, "short", &order);
    record_new(&*short, recording(3, &order).with_claim(Some(key.clone())));
    assert_eq!(short.replay(&key).unwrap(), KeyState::New);
}

fn racing_expiry(place: &dyn Place) {
    let ledgers = [place.open(), place.open()];
    let order = order(&[("weight", "1")]);
    for round in 1..=5 {
        expire(place);
        let barrier = Barrier::new(4);
        let outcomes: Vec<Recorded> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|thread: u64| {
                    let (ledger, order, barrier) =
                        (&ledgers[thread as usize % 2], &order, &barrier);
                    scope.spawn(move || {
                        let key = claim(Some("shop-a"), "k", order);
                        let retry = recording(round * 10 + thread, order).with_claim(Some(key));
                        barrier.wait();
                        ledger.record(&[retry]).unwrap().remove(0)
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        let new: Vec<_> = (0..4)
            .filter(|thread| outcomes[*thread as usize] == Recorded::New)
            .collect();
        let [winner] = new[..] else {
            panic!("{outcomes:?}")
        };
        let replayed = Recorded::Replayed(replay_of(round * 10 + winner));
        assert!(
            outcomes
                .iter()
                .all(|outcome| *outcome == Recorded::New || *outcome == replayed)
        );
    }
    let mut count = 0;
    for number_count in 10..60 {
        count += u32::from(ledgers[0].find(number(number_count)).unwrap().is_some());
    }
    assert_eq!(count, 5);
}

fn swept(place: &dyn Place) {
    let ledger = place.open();
    let order = Order::default();
    for (count, key) in [(1, "a"), (2, "b")] {
        record_new(
            &*ledger,
            recording(count, &order).with_claim(Some(claim(None, key, &order))),
        );
    }
    assert_eq!(ledger.sweep().unwrap(), 0);
    expire(place);
    record_new(
        &*ledger,
        recording(3, &order).with_claim(Some(claim(None, "a", &order))),
    );
    assert_eq!(ledger.sweep().unwrap(), 1);
    let state = ledger.replay(&claim(None, "a", &order)).unwrap();
    assert_eq!(state, KeyState::Replayed(replay_of(3)));
}
