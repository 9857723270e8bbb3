//! Batches while the store fails, clients stall, and many ask at once.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use tracking_core::{Generator, MemoryAllocator};
use tracking_http::Limits;

use super::*;

#[test]
fn no_number_is_no_answer_of_200() {
    let store = Switch::new();
    store.turn_off();
    let server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    let answer = client.order_many("text/plain", r#"{"count": 1000000}"#);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.problem()["type"], "/problems/no-number");
    assert!(answer.header("retry-after").is_some());
}

/// A block of 1,000 is in hand when the store dies, and more than that is asked for.
#[test]
fn a_store_that_dies_breaks_the_answer_off() {
    for (accept, version) in [("text/plain", "1.1"), ("application/json", "1.0")] {
        let store = Switch::new();
        let block = NonZeroU32::new(1_000).unwrap();
        let generator = Generator::builder().block_size(block).build(store.clone());
        generator.next().unwrap();
        store.turn_off();
        let server = InProcess::with_generator(generator.clone(), "UTC");
        let mut client = Client::connect(server.address);
        let body = r#"{"count": 1000000}"#;
        client.send(&format!(
            "POST /tracking-numbers HTTP/{version}\r\nHost: test\r\nContent-Type: application/json\r\n\
             Accept: {accept}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        let answer = client.receive_head();
        assert_eq!(answer.status, 200);
        let promised: u64 = answer.header("content-length").unwrap().parse().unwrap();
        let came = client.count_rest();
        assert!(came < promised, "{came} of {promised}");
        // The server is not hurt.
        let mut other = Client::connect(server.address);
        assert_eq!(other.ask("GET", "/livez").status, 200);
    }
}

#[test]
fn who_does_not_read_gets_no_more_made_and_who_goes_away_stops_the_work() {
    let store = Switch::new();
    let generator = Generator::new(store.clone());
    let server = InProcess::with_generator(generator.clone(), "UTC");
    let used = || store.granted() - generator.status().runway;
    // Waits until none has been used for a while.
    let settled = || {
        let deadline = Instant::now() + Duration::from_secs(20);
        let (mut last, mut same) = (used(), 0);
        while same < 20 {
            assert!(Instant::now() < deadline, "never settles");
            std::thread::sleep(Duration::from_millis(10));
            let now = used();
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
        last
    };
    let mut client = Client::connect(server.address);
    let order = format!(r#"{{"count": 1000000, "order": {ORDER}}}"#);
    client.send_post(&[JSON, ("accept", "application/x-ndjson")], &order);
    assert_eq!(client.receive_head().status, 200);
    let stalled = settled();
    // What fits into the client's socket and what the server adds to it: some 600 KiB of lines of 230 bytes.
    assert!(stalled < 6_000, "{stalled} numbers were made for nobody");
    drop(client);
    assert!(settled() < 10_000, "the work went on");
}

#[test]
fn long_batches_beyond_the_most_are_refused_and_short_ones_are_not() {
    let mut limits = Limits::default();
    limits.max_batches = 1;
    let generator = Generator::new(MemoryAllocator::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let mut unread = Client::connect(server.address);
    unread.send_post(&[JSON], r#"{"count": 1000000}"#);
    assert_eq!(unread.receive_head().status, 200);
    let mut client = Client::connect(server.address);
    let long = r#"{"count": 10000}"#;
    let refused = client.order_many("text/plain", long);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(refused.problem()["type"], "/problems/too-many-batches");
    assert_eq!(
        client.order_many("text/plain", r#"{"count": 1000}"#).status,
        200
    );
    assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
    drop(unread);
    let deadline = Instant::now() + Duration::from_secs(10);
    while client.order_many("text/plain", long).status != 200 {
        assert!(Instant::now() < deadline, "its place is never free");
        std::thread::yield_now();
    }
}

/// Batches that are read as fast as they come, on all threads of the server: a request waits for a piece of
/// a few of them, and not for one of each.
#[test]
fn a_request_waits_for_no_crowd_of_batches() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let mut pieces: Vec<_> = (0..9)
        .map(|_| {
            let began = Instant::now();
            client.order_many("application/json", r#"{"count": 4000}"#);
            began.elapsed()
        })
        .collect();
    pieces.sort();
    let piece = pieces[pieces.len() / 2];
    let body = r#"{"count": 1000000}"#;
    let batches: Vec<_> = (0..60)
        .map(|_| {
            let mut client = Client::connect(server.address);
            client.send_post(&[JSON], body);
            client
        })
        .collect();
    let mut times: Vec<_> = (0..20)
        .map(|_| {
            let began = Instant::now();
            let mut client = Client::connect(server.address);
            assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
            began.elapsed()
        })
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    assert!(
        median < 12 * piece,
        "{median:?} of {times:?} beside {piece:?}"
    );
    drop(batches);
}

#[test]
fn no_number_is_given_twice_by_whatever_way() {
    let server = InProcess::new();
    let takers: Vec<_> = (0..4)
        .map(|taker| {
            let address = server.address;
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut numbers = Vec::new();
                for round in 0..10 {
                    let body = format!(r#"{{"count": {}}}"#, 1 + 1_000 * (round + taker));
                    let answer = client.order_many("text/plain", &body);
                    numbers.extend(answer.body.lines().map(str::to_owned));
                    let one = client.ask("GET", "/next-tracking-number").json();
                    numbers.push(one["tracking_number"].as_str().unwrap().to_owned());
                }
                numbers
            })
        })
        .collect();
    let numbers: Vec<_> = takers
        .into_iter()
        .flat_map(|taker| taker.join().unwrap())
        .collect();
    distinct(numbers.iter().map(String::as_str), numbers.len());
}
