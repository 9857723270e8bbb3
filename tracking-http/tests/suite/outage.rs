//! The store is gone.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use tracking_core::Generator;

use crate::support::{Answer, Client, InProcess, Switch};

const TARGET: &str = "/next-tracking-number";

/// An answer that comes in time; what it must have if it is none with a number.
#[track_caller]
fn timely(client: &mut Client, target: &str) -> Answer {
    let began = Instant::now();
    let answer = client.ask("GET", target);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{target} took {:?}",
        began.elapsed()
    );
    if answer.status != 200 {
        assert_eq!(answer.status, 503);
        assert_eq!(answer.problem()["type"], "/problems/no-number");
        let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&retry_after));
        assert!(
            !answer.body.contains("secret") && !answer.body.contains("switched"),
            "{answer:?}"
        );
    }
    answer
}

#[test]
fn a_failing_store_and_no_runway() {
    let store = Switch::new();
    store.turn_off();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    for target in [TARGET, "/readyz", TARGET] {
        assert_eq!(timely(&mut client, target).status, 503, "{target}");
    }
    // Alive it is, and it still tells a wrong request from a right one.
    assert_eq!(timely(&mut client, "/livez").status, 200);
    assert_eq!(
        client.ask("GET", "/next-tracking-number?weight=0").status,
        400
    );

    store.turn_on();
    let deadline = Instant::now() + Duration::from_secs(30);
    while timely(&mut client, TARGET).status != 200 {
        assert!(Instant::now() < deadline, "does not recover");
    }
    assert_eq!(timely(&mut client, "/readyz").status, 200);
}

#[test]
fn a_store_that_answers_nothing() {
    let store = Switch::new();
    store.hang();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    for target in [TARGET, "/readyz"] {
        assert_eq!(timely(&mut client, target).status, 503, "{target}");
    }
    assert_eq!(timely(&mut client, "/livez").status, 200);
    store.turn_on();
}

#[test]
fn the_runway_is_used_up_and_no_number_is_given_twice() {
    let store = Switch::new();
    let block = NonZeroU32::new(50).unwrap();
    let generator = Generator::builder().block_size(block).build(store.clone());
    let server = InProcess::with_generator(generator, "UTC");
    let mut client = Client::connect(server.address);
    let mut numbers = HashSet::new();
    let mut take = |answer: Answer| {
        let number = answer.json()["tracking_number"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(numbers.insert(number.clone()), "{number} twice");
    };
    take(timely(&mut client, TARGET));
    store.turn_off();
    // What is reserved is still given out.
    take(timely(&mut client, TARGET));
    assert_eq!(timely(&mut client, "/readyz").status, 200);
    loop {
        match timely(&mut client, TARGET) {
            answer if answer.status == 200 => take(answer),
            _ => break,
        }
    }
    assert_eq!(timely(&mut client, "/readyz").status, 503);
    assert!(numbers.len() >= 2, "{}", numbers.len());
}
