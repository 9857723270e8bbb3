//! `kill -9` of the server under load: what was acknowledged is there, once.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use tracking_core::order::Order;
use tracking_ledger::{Recorded, Recorder};

use crate::support::mariadb::MariaDb;
use crate::support::{Place, claim, kills, number, recording};

#[test]
fn what_was_acknowledged_survives_kill_9_and_is_there_once() {
    let Some(mut server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let name = place.name().to_owned();
    let recorder = Recorder::start(place.open()).unwrap();
    let (ends, next) = (AtomicBool::new(false), AtomicU64::new(0));
    // The numbers that were answered, and how often something was refused.
    let (answered, refused) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let order = Order::default();
    thread::scope(|scope| {
        for client in 0..8 {
            let (recorder, ends, next, answered, refused, order) =
                (recorder.clone(), &ends, &next, &answered, &refused, &order);
            scope.spawn(move || {
                let mut retries = None;
                while !ends.load(Ordering::SeqCst) {
                    let count = next.fetch_add(1, Ordering::SeqCst);
                    // Half of them have keys, which they keep until they are answered.
                    let key = retries
                        .take()
                        .or_else(|| (client % 2 == 0).then(|| format!("{client}-{count}")));
                    let claimed = key.as_deref().map(|key| claim(None, key, order));
                    let new = recording(count, order).with_claim(claimed);
                    match recorder.record(new, Duration::from_secs(3)) {
                        Ok(Recorded::New) => answered.lock().unwrap().push(number(count)),
                        Ok(Recorded::Replayed(replay)) => {
                            answered.lock().unwrap().extend(replay.numbers)
                        }
                        Ok(other) => panic!("{other:?}"),
                        Err(error) => {
                            assert!(error.is_temporary(), "{error}");
                            refused.fetch_add(1, Ordering::SeqCst);
                            retries = key;
                            thread::sleep(Duration::from_millis(20));
                        }
                    }
                }
            });
        }
        let goes_on = || {
            let (start, before) = (Instant::now(), answered.lock().unwrap().len());
            while answered.lock().unwrap().len() < before + 50 {
                assert!(
                    start.elapsed() < Duration::from_secs(60),
                    "it does not go on"
                );
                thread::sleep(Duration::from_millis(5));
            }
        };
        for _ in 0..kills(2) {
            goes_on();
            server.kill();
            thread::sleep(Duration::from_millis(50));
            server.start_again();
        }
        goes_on();
        ends.store(true, Ordering::SeqCst);
    });
    let answered = answered.into_inner().unwrap();
    let distinct: HashSet<_> = answered.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        answered.len(),
        "a number was answered twice"
    );
    let rows: Vec<String> = server
        .connection(Some(&name))
        .query("SELECT number FROM tracking_entries")
        .unwrap();
    let held: HashSet<_> = rows.iter().map(|row| row.parse().unwrap()).collect();
    assert_eq!(held.len(), rows.len());
    let lost = distinct.difference(&held).count();
    let (count, refused) = (answered.len(), refused.into_inner());
    let doubts = recorder.ledger().doubts();
    eprintln!("{count} answered, {lost} lost, {refused} refused, {doubts:?}");
    assert_eq!(lost, 0);
    assert!(refused > 0, "nobody noticed");
}
