//! What takes a number, and what does not.

use tracking_core::{Allocator, Clock, SystemClock, Verdict};

use crate::support::{Client, FULL, InProcess, Switch, query};

/// What must take no number, whoever sends it.
const REFUSED: [(&str, &str); 10] = [
    ("HEAD", "/next-tracking-number"),
    ("HEAD", "/api/next-tracking-number/"),
    ("POST", "/next-tracking-number"),
    ("OPTIONS", "/next-tracking-number"),
    ("GET", "/next-tracking-number?weight=0"),
    ("GET", "/next-tracking-number?wieght=1"),
    ("GET", "/next-tracking-number?weight=1&weight=1"),
    ("GET", "/api/next-tracking-number/"),
    ("GET", "/nowhere"),
    ("GET", "/livez"),
];

#[test]
fn what_is_refused_reserves_nothing() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    for (method, target) in REFUSED {
        client.ask(method, target);
    }
    assert_eq!(store.reservations(), 0);
    assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
    assert!(store.reservations() > 0);
}

#[test]
fn what_is_refused_takes_no_number_from_the_runway() {
    let store = Switch::new();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    let mut serial = |target: &str| {
        let number = client.ask("GET", target).json()["tracking_number"]
            .as_str()
            .unwrap()
            .parse();
        match store
            .series()
            .judge(&number.unwrap(), SystemClock.now_ms(), None)
        {
            Verdict::Belongs(serial) => serial.value(),
            verdict => panic!("{verdict:?}"),
        }
    };
    let mut last = serial("/next-tracking-number");
    let mut refusals = Client::connect(server.address);
    for (method, target) in REFUSED {
        refusals.ask(method, target);
        // One thread serves both, so that numbers are in the order of their serials.
        let next = serial(&query("/api/next-tracking-number/", &FULL));
        assert_eq!(next, last + 1, "{method} {target}");
        last = next;
    }
}
