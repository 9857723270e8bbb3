//! `GET /tracking-numbers/{number}`.

use tracking_core::issued::Zone;
use tracking_core::order::CreatedAt;
use tracking_core::{Allocator, Clock, Desk, Generator, MemoryAllocator, Serial, SystemClock};
use tracking_http::{App, Limits, Options};

use crate::support::{Client, InProcess, Switch};

fn server(store: &Switch, zone: &str) -> InProcess {
    let zone: Zone = zone.parse().unwrap();
    let desk = Desk::new(Generator::new(store.clone())).with_zone(zone);
    let app = App::new(desk, Options::default());
    InProcess::with_app(app, Limits::default())
}

fn issue(client: &mut Client) -> String {
    let answer = client.ask("GET", "/next-tracking-number");
    answer.json()["tracking_number"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[track_caller]
fn refused(client: &mut Client, number: &str, code: &str) {
    let answer = client.ask("GET", &format!("/tracking-numbers/{number}"));
    let (status, kind) = match code {
        "malformed" => (400, "/problems/malformed-number"),
        _ => (404, "/problems/not-of-this-series"),
    };
    assert_eq!(answer.status, status, "{number}: {answer:?}");
    let problem = answer.problem();
    assert_eq!(
        (&problem["type"], &problem["code"]),
        (&kind.into(), &code.into()),
        "{number}"
    );
}

#[test]
fn what_was_issued_belongs() {
    let store = Switch::new();
    let server = server(&store, "Asia/Kolkata");
    let mut client = Client::connect(server.address);
    let asked_ms = SystemClock.now_ms();
    let number = issue(&mut client);
    // As RFC 3986, section 2.3, has it.
    let escaped: String = number.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for target in [
        format!("/tracking-numbers/{escaped}"),
        format!(
            "/tracking-numbers/%{:02X}{}",
            number.as_bytes()[0],
            &number[1..]
        ),
        format!("/tracking-numbers/{number}"),
        format!("/tracking-numbers/{number}/"),
    ] {
        let answer = client.ask("GET", &target);
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let verdict = answer.json();
        assert_eq!(verdict["tracking_number"], number.as_str());
        assert_eq!(verdict["verdict"], "belongs");
        assert_eq!(verdict["series"], "default");
        assert_eq!(verdict["prefix"], number[..3]);
        assert_eq!(verdict.as_object().unwrap().len(), 5);
        let at = verdict["reserved_at"].as_str().unwrap();
        assert!(at.len() == 29 && at.ends_with("+05:30"), "{at}");
        let at: CreatedAt = at.parse().unwrap();
        let tick_ms = i64::try_from(Serial::TICK_MS).unwrap();
        let expected = asked_ms - tick_ms..=SystemClock.now_ms();
        assert!(expected.contains(&at.at().timestamp_millis()), "{at:?}");
        assert_eq!(client.ask("HEAD", &target).status, 200);
        for method in ["POST", "PUT", "DELETE"] {
            let answer = client.ask(method, &target);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("GET, HEAD"))
            );
        }
    }
}

#[test]
fn what_was_not_is_refused_with_the_reason() {
    let store = Switch::new();
    let server = server(&store, "UTC");
    let mut client = Client::connect(server.address);
    let number = issue(&mut client);
    for malformed in [
        "abc",
        "A-1",
        "A%2F1",
        "A%2",
        "A%zz",
        "A+1",
        "A%20",
        "%C3%84",
        "A%2542",
        "A1234567890123456",
        "%00",
        "%ff",
    ] {
        refused(&mut client, malformed, "malformed");
    }
    let other_prefix = if number.starts_with("AAA") {
        "BBB"
    } else {
        "AAA"
    };
    refused(
        &mut client,
        &format!("{other_prefix}{}", &number[3..]),
        "prefix",
    );
    refused(&mut client, &number[..15], "length");
    refused(&mut client, "A", "prefix");
    let wrong = if number.ends_with('A') { 'B' } else { 'A' };
    refused(
        &mut client,
        &format!("{}{wrong}", &number[..15]),
        "check-character",
    );

    let series = store.series();
    let tick = |ms: i64| u64::try_from(ms - Serial::EPOCH_MS).unwrap() / Serial::TICK_MS;
    let now = tick(SystemClock.now_ms());
    let issued = match series.judge(&number.parse().unwrap(), SystemClock.now_ms(), None) {
        tracking_core::Verdict::Belongs(serial) => serial,
        verdict => panic!("{verdict:?}"),
    };
    let mut forged = |lane: u8, tick: u64, code: &str| {
        let serial = Serial::from_parts(lane, tick, Serial::SLOTS - 1).unwrap();
        refused(&mut client, series.encode(serial).as_str(), code);
    };
    forged(issued.lane(), now + 60_000, "in-the-future");
    forged(
        issued.lane(),
        tick(series.created_at_ms()) - 1,
        "not-of-this-series",
    );
    // A lane never used: only the store's state tells.
    forged(issued.lane() ^ 1, now + 100, "not-of-this-series");

    for path in [
        "/tracking-numbers//",
        "/tracking-numbers/A/B",
        "/tracking-numbers/A//",
    ] {
        assert_eq!(
            client.ask("GET", path).problem()["type"],
            "/problems/not-found",
            "{path}"
        );
    }
}

#[test]
fn a_look_is_shared_and_never_too_old_to_refuse() {
    let store = Switch::new();
    let server = server(&store, "UTC");
    let mut client = Client::connect(server.address);
    let number = issue(&mut client);
    let mut ask = |number: &str| {
        client
            .ask("GET", &format!("/tracking-numbers/{number}"))
            .status
    };
    for _ in 0..20 {
        assert_eq!(ask(&number), 200);
    }
    assert!(
        (1..20).contains(&store.snapshots()),
        "{} looks",
        store.snapshots()
    );

    let lane = match store
        .series()
        .judge(&number.parse().unwrap(), i64::MAX, None)
    {
        tracking_core::Verdict::Belongs(serial) => serial.lane() ^ 1,
        verdict => panic!("{verdict:?}"),
    };
    let tick = u64::try_from(SystemClock.now_ms() - Serial::EPOCH_MS).unwrap() / Serial::TICK_MS;
    let forged = store
        .series()
        .encode(Serial::from_parts(lane, tick + 100, 0).unwrap());
    for _ in 0..3 {
        let looks = store.snapshots();
        assert_eq!(ask(forged.as_str()), 404);
        assert_eq!(
            store.snapshots(),
            looks + 1,
            "refused by a look from before it came"
        );
    }
}

#[test]
fn what_only_the_store_can_tell_is_undecided_while_it_cannot_be_asked() {
    let store = Switch::new();
    let server = server(&store, "UTC");
    let mut client = Client::connect(server.address);
    let number = issue(&mut client);
    let series = store.series();
    let lane = match series.judge(&number.parse().unwrap(), i64::MAX, None) {
        tracking_core::Verdict::Belongs(serial) => serial.lane(),
        verdict => panic!("{verdict:?}"),
    };
    let now = u64::try_from(SystemClock.now_ms() - Serial::EPOCH_MS).unwrap() / Serial::TICK_MS;
    let number_of = |lane, tick| series.encode(Serial::from_parts(lane, tick, 0).unwrap());
    let future = number_of(lane, now + 60_000);
    let unused = number_of(lane ^ 1, now + 100);
    let target = |number| format!("/tracking-numbers/{number}");
    let undecided = |client: &mut Client, number| {
        let answer = client.ask("GET", &target(number));
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(answer.header("retry-after"), Some("2"));
        assert_eq!(answer.problem()["type"], "/problems/undecided");
        assert!(!answer.body.contains("secret"), "{answer:?}");
    };
    store.turn_off();
    // Nothing was ever seen of it.
    undecided(&mut client, future);
    store.turn_on();
    refused(&mut client, future.as_str(), "in-the-future");
    refused(&mut client, unused.as_str(), "not-of-this-series");
    store.turn_off();
    undecided(&mut client, future);
    undecided(&mut client, unused);
    // What was seen proves that it could be issued.
    assert_eq!(
        client.ask("GET", &target(number.parse().unwrap())).status,
        200
    );
    refused(&mut client, &number[..15], "length");
    let old = number_of(lane, 0);
    refused(&mut client, old.as_str(), "not-of-this-series");
    store.turn_on();
    refused(&mut client, future.as_str(), "in-the-future");
}

#[test]
fn it_judges_without_a_store_that_cannot_be_read() {
    let store = Switch::new();
    let server = server(&store, "UTC");
    let mut client = Client::connect(server.address);
    let number = issue(&mut client);
    store.turn_off();
    let target = format!("/tracking-numbers/{number}");
    assert_eq!(client.ask("GET", &target).status, 200);
    refused(&mut client, &number[..15], "length");
    // While a store answers nothing, the one thread of this server serves others.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    store.hang();
    let mut waits = Client::connect(server.address);
    waits.send(&format!("GET {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
    assert_eq!(client.ask("GET", "/livez").status, 200);
    assert_eq!(waits.receive("GET").status, 200);
    store.turn_on();

    let plain = InProcess::with(MemoryAllocator::new(), "UTC");
    let mut client = Client::connect(plain.address);
    let number = issue(&mut client);
    assert_eq!(
        client
            .ask("GET", &format!("/tracking-numbers/{number}"))
            .status,
        200
    );
}
