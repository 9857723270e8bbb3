//! What comes in the middle of something else.

use std::time::{Duration, Instant};

use tracking_core::{Generator, MemoryAllocator};
use tracking_http::{Gate, Limits};

use crate::support::{Client, InProcess, Program, Scrape, TokenFile, gated};

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

fn memory() -> Generator {
    Generator::new(MemoryAllocator::new())
}

/// It is read ahead, while the answer before is still sent.
#[test]
fn the_next_request_cuts_no_long_answer_off() {
    let read_timeout = Duration::from_millis(300);
    let limits = limits(|limits| {
        limits.read_timeout = read_timeout;
        limits.idle_timeout = Duration::from_millis(600);
    });
    let server = InProcess::with_limits(memory(), "UTC", limits);
    for is_pipelined in [true, false] {
        let mut client = Client::connect(server.address);
        client.send_post(
            &[
                ("content-type", "application/json"),
                ("accept", "text/plain"),
            ],
            r#"{"count": 1000000}"#,
        );
        let head = client.receive_head();
        assert_eq!(head.status, 200);
        if is_pipelined {
            client.send("GET /livez HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
        }
        // Slower than both times, and steadily.
        let began = Instant::now();
        let mut length: usize = head.header("content-length").unwrap().parse().unwrap();
        while length > 0 {
            let read = length.min(400_000);
            assert_eq!(client.read_exactly(read), read, "cut off, {length} missing");
            length -= read;
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(began.elapsed() > 3 * read_timeout, "{:?}", began.elapsed());
        if is_pipelined {
            assert_eq!(client.receive("GET").body, "alive\n");
        }
        assert_eq!(client.rest(), "");
    }
}

/// Who is refused learns why, also while the body is still on its way.
#[test]
fn a_refusal_is_read_by_who_still_sends_a_body() {
    let file = TokenFile::new(&[("a", "trk_a", "issue", "rate = 1\nburst = 1\n")]);
    let gate = Gate::with_tokens(file.path()).unwrap();
    let app = gated(memory(), gate);
    let server = InProcess::with_app(app, Limits::default());
    // The one number that the rate allows.
    let mut client = Client::connect(server.address);
    client.send(
        "GET /next-tracking-number HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer trk_a\r\n\r\n",
    );
    assert_eq!(client.receive("GET").status, 200);
    let part = "x".repeat(20_000);
    let large = "x".repeat(8_000_000);
    for (header, status) in [
        ("Accept: */*", 401),
        ("Authorization: Bearer trk_b", 401),
        ("Authorization: Bearer trk_a", 429),
        (&format!("X-Large: {}", "x".repeat(17_000)), 431),
    ] {
        let head = |length: usize| {
            format!(
                "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\n{header}\r\nContent-Length: {length}\r\n\r\n"
            )
        };
        let mut client = Client::connect(server.address);
        client.send(&head(60_000));
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(20));
            client.send(&part);
        }
        let answer = client.receive("POST");
        assert_eq!(answer.problem()["status"], status, "{header:.40}");
        assert_eq!(client.ask("GET", "/livez").status, 200);

        // Who asks whether to send it need not.
        let expecting = head(60_000).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
        client.send(&expecting);
        let answer = client.receive("POST");
        assert_eq!(answer.status, status, "{header:.40}");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(client.rest(), "");

        let mut client = Client::connect(server.address);
        client.send(&head(large.len()));
        client.send(&large);
        assert_eq!(client.receive("POST").status, status, "{header:.40}");
        assert_eq!(client.rest(), "");
    }
}

/// Only who may ask for numbers takes the places of those who wait for some.
#[test]
fn stalled_bodies_that_nobody_needs_take_no_places() {
    let limits = limits(|limits| limits.max_in_flight = 1);
    let server = InProcess::with_limits(memory(), "UTC", limits);
    let stalled = [
        "/livez",
        "/nothing",
        "/next-tracking-number",
        "/openapi.json",
    ]
    .map(|path| {
        let mut client = Client::connect(server.address);
        client.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello"
        ));
        assert!(client.is_silent_for(Duration::from_millis(20)));
        client
    });
    let mut client = Client::connect(server.address);
    let head =
        "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
    client.send(&format!("{head}Content-Length: 11\r\n\r\n{{\"count\""));
    assert!(client.is_silent_for(Duration::from_millis(100)));
    // The one place is taken, and by whom it is for.
    let mut another = Client::connect(server.address);
    another.send(&format!("{head}Content-Length: 11\r\n\r\n{{\"count\""));
    let refused = another.receive("POST");
    assert_eq!(refused.problem()["type"], "/problems/too-many-in-flight");
    assert_eq!(refused.header("connection"), Some("close"));
    client.send(":3}");
    assert_eq!(client.receive("POST").status, 200);
    drop(stalled);
}

#[test]
fn whom_a_request_asks_must_be_clear() {
    let server = InProcess::new();
    for (version, hosts, status) in [
        ("1.1", "Host: a\r\n", 200),
        ("1.1", "hOST:a\r\n", 200),
        ("1.1", "Host:\r\n", 200),
        ("1.1", "", 400),
        ("1.1", "X-Host: a\r\n", 400),
        ("1.1", "Host: [::1]:8080\r\n", 200),
        ("1.1", "Host: a b\r\n", 400),
        ("1.1", "Host: a/b\r\n", 400),
        ("1.1", "Host: u@a\r\n", 400),
        ("1.1", "Host: a\r\nHost: b\r\n", 400),
        ("1.1", "Host: a\r\nHost: a\r\n", 400),
        ("1.0", "", 200),
        ("1.0", "Host: a\r\n", 200),
        ("1.0", "Host: a\r\nHost: b\r\n", 400),
    ] {
        let mut client = Client::connect(server.address);
        client.send(&format!(
            "GET /next-tracking-number HTTP/{version}\r\n{hosts}\r\n"
        ));
        let answer = client.receive("GET");
        assert_eq!(answer.status, status, "{version} {hosts:?}");
        if status == 400 {
            assert_eq!(answer.problem()["type"], "/problems/wrong-host");
        }
    }
}

/// A request that is never answered leaves a line and a count, too.
#[test]
fn who_is_closed_unanswered_is_logged_and_counted() {
    let mut program = Program::start(&["--store", "memory:", "--read-timeout", "300ms"], &[]);
    let mut client = Client::connect(program.address);
    client.send("POST /tracking-numbers HTTP/1.1\r\nHost: test\r\nX-Request-Id: stalled-1\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\nhello");
    assert_eq!(client.rest(), "");
    let line = program.wait_for("unanswered");
    let (_, line) = line.rsplit_once("unanswered ").unwrap();
    assert!(
        line.starts_with("id=stalled-1 method=POST route=/tracking-numbers ms="),
        "{line}"
    );
    let page = Scrape::of(&mut Client::connect(program.address));
    let sample = r#"tracking_http_requests_total{route="/tracking-numbers",status="unanswered"}"#;
    assert_eq!(page.value(sample), 1.0);
}

/// What is public and costs the server much is counted by address, and what watches over it is not.
#[test]
fn public_pages_have_the_rate_of_addresses() {
    let args = [
        "--store",
        "memory:",
        "--address-rate",
        "1",
        "--address-burst",
        "5",
    ];
    let program = Program::start(&args, &[]);
    let mut client = Client::connect(program.address);
    for path in [
        "/docs",
        "/openapi.json",
        "/problems/not-found",
        "/nothing",
        "/docs",
    ] {
        let answer = client.ask("GET", path);
        assert!(matches!(answer.status, 200 | 404), "{path}: {answer:?}");
        assert!(answer.header("ratelimit").is_some(), "{path}");
    }
    assert_eq!(client.ask("GET", "/docs").status, 429);
    assert_eq!(client.ask("GET", "/nothing").status, 429);
    for path in ["/livez", "/readyz"] {
        for _ in 0..10 {
            let answer = client.ask("GET", path);
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("ratelimit"), None);
        }
    }
}

/// Who says that it will send no more still waits.
#[test]
fn a_client_that_closes_its_half_is_answered() {
    for _ in 0..5 {
        // Its first number must be waited for.
        let server = InProcess::new();
        let mut client = Client::connect(server.address);
        client.send("GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n");
        client.end_writing();
        assert_eq!(client.receive("GET").status, 200);
        assert_eq!(client.rest(), "");
    }
    let server = InProcess::new();
    let mut client = Client::connect(server.address);
    client.send_post(
        &[
            ("content-type", "application/json"),
            ("accept", "text/plain"),
        ],
        r#"{"count": 300000}"#,
    );
    client.end_writing();
    assert_eq!(client.receive("POST").body.lines().count(), 300_000);
}
