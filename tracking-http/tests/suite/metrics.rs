//! `GET /metrics`.

mod documented;
mod redis;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracking_core::{Allocator, Desk, Generator};
use tracking_http::{App, Limits, Metrics, Observed, Options};

use crate::support::{Client, FULL, InProcess, Program, Scrape, Switch, query};

const TARGET: &str = "/next-tracking-number";

/// A server as the program makes it, but for its store.
fn server(store: &Switch) -> InProcess {
    server_of_blocks(store, 65_536)
}

fn server_of_blocks(store: &Switch, block_size: u32) -> InProcess {
    let metrics = Arc::new(Metrics::new());
    let observed = Observed::new(store.clone(), Arc::clone(&metrics));
    let generator = Generator::builder()
        .block_size(NonZeroU32::new(block_size).unwrap())
        .build(observed);
    let options = Options {
        metrics,
        ..Options::default()
    };
    InProcess::with_app(App::new(Desk::new(generator), options), Limits::default())
}

#[track_caller]
fn until(what: &str, mut is: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn requests(route: &str, status: u16) -> String {
    format!(r#"tracking_http_requests_total{{route="{route}",status="{status}"}}"#)
}

#[test]
fn counts_rise_by_what_was_asked_and_no_more() {
    let store = Switch::new();
    let server = server(&store);
    let mut client = Client::connect(server.address);
    let before = Scrape::of(&mut client);
    for (target, times) in [
        (TARGET, 3),
        (&*query("/api/next-tracking-number/", &FULL), 2),
        ("/next-tracking-number?weight=0", 4),
        ("/nowhere", 1),
        ("/elsewhere", 1),
        ("/tracking-numbers/-", 2),
        ("/problems/ending", 1),
    ] {
        for _ in 0..times {
            client.ask("GET", target);
        }
    }
    client.ask("HEAD", TARGET);
    let answer = client.order_many("text/plain", r#"{"count":20000}"#);
    assert_eq!(answer.body.lines().count(), 20_000);
    client.order_many("text/plain", r#"{"count":0}"#);
    client.send(&format!(
        "GET /{} HTTP/1.1\r\nHost: test\r\n\r\n",
        "x".repeat(9_000)
    ));
    assert_eq!(client.receive("GET").status, 414);

    let after = Scrape::of(&mut client);
    let problem = |kind: &str| format!(r#"tracking_http_problems_total{{kind="{kind}"}}"#);
    let mut seen = 0.0;
    for (sample, rise) in [
        (requests(TARGET, 200), 3),
        (requests(TARGET, 400), 4),
        (requests(TARGET, 405), 1),
        (requests("/api/next-tracking-number/", 200), 2),
        (requests("/tracking-numbers", 200), 1),
        (requests("/tracking-numbers", 400), 1),
        (requests("/tracking-numbers/{number}", 400), 2),
        (requests("/problems/{name}", 200), 1),
        (requests("/metrics", 200), 1),
        (requests("other", 404), 2),
        (requests("other", 414), 1),
    ] {
        assert_eq!(
            after.value(&sample) - before.value(&sample),
            f64::from(rise),
            "{sample}"
        );
        seen += f64::from(rise);
    }
    let all = |scrape: &Scrape| scrape.sum("tracking_http_requests_total");
    assert_eq!(all(&after) - all(&before), seen);
    let timed = |scrape: &Scrape| scrape.sum("tracking_http_request_duration_seconds_count");
    assert_eq!(timed(&after) - timed(&before), seen);
    for (sample, rise) in [
        ("tracking_numbers_issued_total".to_owned(), 20_005),
        (problem("wrong-parameters"), 5),
        (problem("not-found"), 2),
        (problem("malformed-number"), 2),
        (problem("method-not-allowed"), 1),
        (problem("target-too-long"), 1),
        (problem("no-number"), 0),
        ("tracking_http_connections_accepted_total".to_owned(), 0),
    ] {
        let values = (before.get(&sample).unwrap(), after.get(&sample).unwrap());
        assert_eq!(values.1 - values.0, f64::from(rise), "{sample}");
    }
    let problems = |scrape: &Scrape| scrape.sum("tracking_http_problems_total");
    assert_eq!(problems(&after) - problems(&before), 11.0);
    assert_eq!(after.value("tracking_http_requests_in_flight"), 1.0);
    assert_eq!(
        after.sum("tracking_reservations_total"),
        after.value("tracking_reservation_duration_seconds_count")
    );
    assert!(after.value(r#"tracking_reservations_total{outcome="granted"}"#) >= 1.0);
    assert!(after.value("tracking_runway_numbers") > 0.0);
    // More may be reserved at any moment, and is counted a moment later.
    until("all serials that were granted are counted", || {
        let scrape = Scrape::of(&mut client);
        scrape.value("tracking_serials_reserved_total") == store.granted() as f64
    });
}

#[test]
fn connections_are_counted_while_they_are_open() {
    let server = server(&Switch::new());
    let mut client = Client::connect(server.address);
    let scrape = Scrape::of(&mut client);
    assert_eq!(scrape.value("tracking_http_connections_open"), 1.0);
    assert_eq!(scrape.value("tracking_http_connections_max"), 10_000.0);
    let others: Vec<_> = (0..5).map(|_| Client::connect(server.address)).collect();
    let mut open = |expected: f64| {
        until("connections are counted", || {
            Scrape::of(&mut client).value("tracking_http_connections_open") == expected
        });
    };
    open(6.0);
    drop(others);
    open(1.0);
    let accepted = Scrape::of(&mut client).value("tracking_http_connections_accepted_total");
    assert_eq!(accepted, 6.0);
}

#[test]
fn a_store_that_fails_shows() {
    let store = Switch::new();
    let server = server_of_blocks(&store, 100);
    let mut client = Client::connect(server.address);
    assert_eq!(client.ask("GET", TARGET).status, 200);
    assert_eq!(Scrape::of(&mut client).value("tracking_store_up"), 1.0);
    store.turn_off();
    while client.ask("GET", TARGET).status == 200 {}
    let scrape = Scrape::of(&mut client);
    for (sample, least) in [
        (r#"tracking_reservations_total{outcome="unavailable"}"#, 1.0),
        (r#"tracking_http_problems_total{kind="no-number"}"#, 1.0),
        (&*requests(TARGET, 503), 1.0),
    ] {
        assert!(scrape.value(sample) >= least, "{sample}");
    }
    assert_eq!(scrape.get("tracking_runway_numbers"), Some(0.0));
    assert!(!scrape.text.contains("secret") && !scrape.text.contains("switched"));

    store.turn_on();
    until("numbers are issued again", || {
        client.ask("GET", TARGET).status == 200
    });
    assert!(Scrape::of(&mut client).value("tracking_runway_numbers") > 0.0);
}

#[test]
fn a_store_that_is_down_when_it_is_looked_at_is_seen_to_come_back() {
    let store = Switch::new();
    store.turn_off();
    let server = server(&store);
    let mut client = Client::connect(server.address);
    let scrape = Scrape::of(&mut client);
    assert_eq!(scrape.get("tracking_store_up"), Some(0.0));
    for absent in [
        "tracking_lanes_in_use",
        "tracking_store_clock_ahead_seconds",
    ] {
        assert_eq!(scrape.get(absent), None, "{absent}");
    }
    store.turn_on();
    until("numbers are issued", || {
        client.ask("GET", TARGET).status == 200
    });
    until("the store is back", || {
        Scrape::of(&mut client).get("tracking_store_up") == Some(1.0)
    });
    let scrape = Scrape::of(&mut client);
    assert_eq!(scrape.get("tracking_store_clock_ahead_seconds"), Some(0.0));
    assert!(scrape.value("tracking_lanes_in_use") >= 1.0);
}

#[test]
fn a_scrape_never_hangs_on_a_store_and_looks_no_oftener_than_it_must() {
    let store = Switch::new();
    let server = server(&store);
    let mut client = Client::connect(server.address);
    for _ in 0..50 {
        Scrape::of(&mut client);
    }
    assert_eq!(store.snapshots(), 1);

    let store = Switch::new();
    store.hang();
    let server = self::server(&store);
    let mut clients = [(); 3].map(|()| Client::connect(server.address));
    for client in &mut clients {
        let began = Instant::now();
        client.send("GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
        let answer = client.receive("GET");
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "{:?}",
            began.elapsed()
        );
        assert!(
            answer.body.contains("\ntracking_store_up 0\n"),
            "{answer:?}"
        );
    }
    // One thread hangs with the store, whoever asks.
    assert_eq!(store.snapshots(), 1);
    store.turn_on();
}

#[test]
fn who_goes_away_is_in_flight_no_more() {
    let store = Switch::new();
    store.hang();
    let server = server(&store);
    let mut client = Client::connect(server.address);
    let mut in_flight = |expected: f64| {
        until("requests in flight", || {
            Scrape::of(&mut client).value("tracking_http_requests_in_flight") == expected
        });
    };
    let mut waiting = Client::connect(server.address);
    waiting.send("GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n");
    in_flight(2.0);
    drop(waiting);
    in_flight(1.0);
    store.turn_on();
}

#[test]
fn the_page_is_plain_and_only_read() {
    let server = server(&Switch::new());
    let mut client = Client::connect(server.address);
    let answer = client.ask("GET", "/metrics");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; version=0.0.4")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(client.ask("HEAD", "/metrics").status, 200);
    let answer = client.ask("DELETE", "/metrics");
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[test]
fn the_program_shows_its_series_and_not_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.series");
    let url = format!("file:{}", path.display());
    let program = Program::start(&["--store", &url], &[]);
    let mut client = Client::connect(program.address);
    assert_eq!(client.ask("GET", TARGET).status, 200);
    let scrape = Scrape::of(&mut client);
    let store = tracking_core::open_store(&url.parse().unwrap(), &Default::default()).unwrap();
    let series = store.series();
    let info = format!(
        r#"tracking_series_info{{fingerprint="{}",name="default",prefix="{}"}}"#,
        series.fingerprint(),
        series.prefix()
    );
    assert_eq!(scrape.get(&info), Some(1.0), "{}", scrape.text);
    assert!(!scrape.text.contains(&series.key().expose_hex()));
    assert_eq!(scrape.get("tracking_store_up"), Some(1.0));
    // `start` counts the store's reservations, too.
    assert!(scrape.value("tracking_serials_reserved_total") > 0.0);
    let version = format!(
        r#"tracking_build_info{{version="{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(scrape.get(&version), Some(1.0));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = now.unwrap().as_secs_f64() - scrape.value("process_start_time_seconds");
    assert!((0.0..120.0).contains(&age), "{age}");
}
