//! Connections: kept alive, pipelined, drained.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tracking_core::Generator;
use tracking_http::Limits;

use crate::support::{Client, InProcess, Switch};

const TARGET: &str = "/next-tracking-number";

#[track_caller]
fn until(mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::yield_now();
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    let paths = [
        "/livez",
        "/next-tracking-number?weight=1",
        "/nowhere",
        "/livez",
    ];
    let requests: String = paths
        .iter()
        .map(|path| format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"))
        .collect();
    // The last one is not there as a whole: it holds back no answer to the others.
    let (whole, rest) = requests.split_at(requests.len() - 5);
    client.send(whole);
    let statuses = [(); 3].map(|()| client.receive("GET").status);
    assert_eq!(statuses, [200, 200, 404]);
    client.send(rest);
    assert_eq!(client.receive("GET").body, "alive\n");
}

#[test]
fn an_old_client_is_answered_and_its_connection_closed() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    client.send("GET /livez HTTP/1.0\r\n\r\n");
    assert_eq!(client.receive("GET").status, 200);
    assert_eq!(client.rest(), "");
}

#[test]
fn a_body_that_nobody_asked_for_does_no_harm() {
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    client.send(
        "POST /next-tracking-number HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nhello",
    );
    assert_eq!(client.receive("POST").status, 405);
    assert_eq!(client.ask("GET", "/livez").status, 200);
}

#[test]
fn idle_connections_are_closed_at_once_when_the_server_stops() {
    let mut server = InProcess::new();
    let mut used = Client::connect(server.address);
    assert_eq!(used.ask("GET", "/livez").status, 200);
    let mut unused = TcpStream::connect(server.address).unwrap();
    // Connections are accepted in order: the one before is in the server's hands.
    assert_eq!(
        Client::connect(server.address).ask("GET", "/livez").status,
        200
    );

    let began = Instant::now();
    server.stop();
    assert_eq!(used.rest(), "");
    assert_eq!(unused.read(&mut [0]).unwrap(), 0);
    server.join();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert!(TcpStream::connect(server.address).is_err());
}

#[test]
fn a_request_in_flight_is_answered_when_the_server_stops() {
    let store = Switch::new();
    store.hang();
    let mut server = InProcess::with(store.clone(), "UTC");
    let mut client = Client::connect(server.address);
    client.send(&format!("GET {TARGET} HTTP/1.1\r\nHost: test\r\n\r\n"));
    until(|| store.reservations() > 0);
    server.stop();
    // It has stopped listening, and waits for the one request.
    until(|| TcpStream::connect(server.address).is_err());
    store.turn_on();
    let answer = client.receive("GET");
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    assert_eq!(client.rest(), "");
    server.join();
}

#[test]
fn a_request_that_comes_while_the_server_stops_is_answered() {
    // Longer than this test takes on a busy machine.
    let mut limits = Limits::default();
    limits.linger = limits.drain_timeout;
    let mut server = InProcess::with_limits(Generator::new(Switch::new()), "UTC", limits);
    let mut client = Client::connect(server.address);
    assert_eq!(client.ask("GET", TARGET).header("connection"), None);
    server.stop();
    until(|| TcpStream::connect(server.address).is_err());
    // It is not closed at once.
    assert!(client.is_silent_for(Duration::from_millis(100)));
    let answer = client.ask("GET", TARGET);
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    assert_eq!(client.rest(), "");
    server.join();
}

fn limits(read_timeout_ms: u64, drain_timeout_ms: u64) -> Limits {
    let mut limits = Limits::default();
    limits.read_timeout = Duration::from_millis(read_timeout_ms);
    limits.idle_timeout = Duration::from_millis(read_timeout_ms);
    limits.drain_timeout = Duration::from_millis(drain_timeout_ms);
    limits
}

#[test]
fn who_sends_no_whole_request_is_closed_and_who_waits_for_an_answer_is_not() {
    let store = Switch::new();
    store.hang();
    let generator = Generator::new(store.clone());
    let server = InProcess::with_limits(generator, "UTC", limits(200, 10_000));
    let connect = || Client::connect(server.address);
    let [mut silent, mut stalled, mut used, mut waiting] =
        [connect(), connect(), connect(), connect()];
    stalled.send("GET /livez HTTP/1.1\r\nHost: te");
    assert_eq!(used.ask("GET", "/livez").status, 200);
    waiting.send(&format!("GET {TARGET} HTTP/1.1\r\nHost: test\r\n\r\n"));
    until(|| store.reservations() > 0);

    let began = Instant::now();
    for client in [&mut silent, &mut stalled, &mut used] {
        assert_eq!(client.rest(), "");
    }
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    store.turn_on();
    assert_eq!(waiting.receive("GET").status, 200);
    assert_eq!(waiting.rest(), "");
}

#[test]
fn a_connection_in_use_is_not_closed() {
    let generator = Generator::new(Switch::new());
    let server = InProcess::with_limits(generator, "UTC", limits(1_000, 10_000));
    let mut client = Client::connect(server.address);
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        assert_eq!(client.ask("GET", TARGET).status, 200);
    }
}

#[test]
fn what_does_not_end_is_closed_when_the_server_stops() {
    let store = Switch::new();
    store.hang();
    let generator = Generator::new(store.clone());
    let mut server = InProcess::with_limits(generator, "UTC", limits(60_000, 100));
    let mut client = Client::connect(server.address);
    client.send(&format!("GET {TARGET} HTTP/1.1\r\nHost: test\r\n\r\n"));
    let mut stalled = Client::connect(server.address);
    stalled.send("GET /livez HTTP/1.1\r\nHost: te");
    until(|| store.reservations() > 0);
    let began = Instant::now();
    server.stop();
    assert_eq!(
        (client.rest(), stalled.rest()),
        (String::new(), String::new())
    );
    server.join();
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "{:?}",
        began.elapsed()
    );
    store.turn_on();
}
