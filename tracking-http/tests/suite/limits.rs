//! What a client may send, and how many may come.

use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Limits, Options};

use crate::support::{Client, InProcess, Program, Switch, run_to_end};

#[track_caller]
fn is_problem(server: &InProcess, request: &str, status: u16, kind: &str) {
    let mut client = Client::connect(server.address);
    client.send(request);
    let answer = client.receive("GET");
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.problem()["type"], format!("/problems/{kind}"));
}

#[test]
fn targets() {
    let server = InProcess::new();
    let target = |length: usize| format!("/livez?{}", "x".repeat(length - "/livez?".len()));
    let mut client = Client::connect(server.address);
    assert_eq!(client.ask("GET", &target(8_192)).status, 200);
    let too_long = client.ask("GET", &target(8_193));
    assert_eq!(too_long.status, 414);
    assert_eq!(too_long.problem()["type"], "/problems/target-too-long");
    // The connection goes on.
    assert_eq!(client.ask("GET", "/livez").status, 200);
}

/// A request with a header block of so many bytes in so many headers.
fn headers(length: usize, count: usize) -> String {
    let mut headers = "Host: test\r\n".to_owned();
    for index in 2..count {
        headers.push_str(&format!("x-{index}: y\r\n"));
    }
    let filler = length - headers.len() - "filler: \r\n".len();
    headers.push_str(&format!("filler: {}\r\n", "x".repeat(filler)));
    format!("GET /livez HTTP/1.1\r\n{headers}\r\n")
}

#[test]
fn headers_in_bytes_and_number() {
    let server = InProcess::new();
    for request in [headers(16_384, 2), headers(1_000, 64)] {
        let mut client = Client::connect(server.address);
        client.send(&request);
        assert_eq!(client.receive("GET").status, 200);
    }
    is_problem(&server, &headers(16_385, 2), 431, "headers-too-large");
    // These hyper answers.
    for request in [headers(100_000, 2), headers(1_000, 65)] {
        let mut client = Client::connect(server.address);
        client.try_send(&request);
        if let Some(answer) = client.try_receive("GET") {
            assert_eq!(answer.status, 431);
        }
        assert!(!client.try_send("GET /livez") || client.try_receive("GET").is_none());
    }
}

#[test]
fn bodies() {
    let server = InProcess::new();
    let head = "POST /livez HTTP/1.1\r\nHost: test\r\n";
    let body = "x".repeat(65_537);
    let sized =
        |length: usize| format!("{head}Content-Length: {length}\r\n\r\n{}", &body[..length]);
    let chunked = |length: usize| {
        let chunk = &body[..length];
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{chunk}\r\n0\r\n\r\n")
    };
    for request in [sized(65_536), chunked(65_536)] {
        let mut client = Client::connect(server.address);
        client.send(&request);
        assert_eq!(client.receive("POST").status, 405);
        // It was read, so that the connection goes on.
        assert_eq!(client.ask("GET", "/livez").status, 200);
    }
    // Only announced: it is refused before it comes.
    let announced = format!("{head}Content-Length: 65537\r\n\r\n");
    is_problem(&server, &announced, 413, "body-too-large");
    is_problem(&server, &chunked(65_537), 413, "body-too-large");
    let broken = format!("{head}Transfer-Encoding: chunked\r\n\r\nnot a length\r\n");
    is_problem(&server, &broken, 400, "broken-body");
}

#[test]
fn who_sends_too_large_a_body_to_its_end_learns_of_it() {
    let server = InProcess::new();
    // More than the buffers between us hold.
    let body = "x".repeat(12 * 1024 * 1024);
    let length = body.len();
    for coding in [
        format!("Content-Length: {length}\r\n\r\n{body}"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let mut client = Client::connect(server.address);
        client.send(&format!(
            "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\n{coding}"
        ));
        assert_eq!(client.receive("POST").problem()["status"], 413);
        assert_eq!(client.rest(), "");
    }
}

#[test]
fn who_never_ends_a_body_that_is_too_large_is_closed() {
    let limits = limited(|limits| limits.read_timeout = Duration::from_millis(300));
    let generator = Generator::new(MemoryAllocator::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let mut client = Client::connect(server.address);
    client.send("POST /livez HTTP/1.1\r\nHost: test\r\nContent-Length: 99999999\r\n\r\nx");
    assert_eq!(client.receive("POST").status, 413);
    let began = Instant::now();
    while client.try_send("x") {
        assert!(began.elapsed() < Duration::from_secs(10), "still open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn limited(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn connections_beyond_the_most_wait_for_a_place() {
    let limits = limited(|limits| {
        limits.max_connections = 2;
        limits.idle_timeout = Duration::from_secs(1);
    });
    let generator = Generator::new(Switch::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let [mut first, mut second, mut third] = [(); 3].map(|()| Client::connect(server.address));
    assert_eq!(first.ask("GET", "/livez").status, 200);
    assert_eq!(second.ask("GET", "/livez").status, 200);
    third.send("GET /livez HTTP/1.1\r\nHost: test\r\n\r\n");
    assert!(third.is_silent_for(Duration::from_millis(300)));
    drop(second);
    let began = Instant::now();
    assert_eq!(third.receive("GET").status, 200);
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    // Stalled clients give theirs up in time, too.
    let mut fourth = Client::connect(server.address);
    assert_eq!(fourth.ask("GET", "/livez").status, 200);
}

#[test]
fn idle_connections_make_room() {
    let limits = limited(|limits| limits.max_connections = 2);
    let generator = Generator::new(Switch::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let [mut first, mut second, mut third] = [(); 3].map(|()| Client::connect(server.address));
    assert_eq!(first.ask("GET", "/livez").status, 200);
    assert_eq!(second.ask("GET", "/livez").status, 200);
    assert_eq!(third.ask("GET", "/livez").status, 200);
    assert_eq!(first.rest(), "");
    assert_eq!(second.ask("GET", "/livez").status, 200);
}

/// Long before the time that a head may take.
#[test]
fn connections_that_never_asked_make_room() {
    let limits = limited(|limits| limits.max_connections = 2);
    let server = InProcess::with_limits(Generator::new(Switch::new()), "UTC", limits);
    let mut silent = [(); 2].map(|()| Client::connect(server.address));
    let began = Instant::now();
    let mut third = Client::connect(server.address);
    assert_eq!(third.ask("GET", "/livez").status, 200);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(silent[0].rest(), "");
}

#[test]
fn requests_beyond_the_most_in_flight_are_refused_at_once() {
    let store = Switch::new();
    store.hang();
    let limits = limited(|limits| limits.max_in_flight = 2);
    let generator = Generator::new(store.clone());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let mut waiting = [(); 2].map(|()| {
        let mut client = Client::connect(server.address);
        client.send("GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n");
        assert!(client.is_silent_for(Duration::from_millis(100)));
        client
    });
    let began = Instant::now();
    let mut refused = Client::connect(server.address);
    let answer = refused.ask("GET", "/next-tracking-number");
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(answer.problem()["type"], "/problems/too-many-in-flight");
    // What need not wait is answered.
    assert_eq!(refused.ask("GET", "/livez").status, 200);
    store.turn_on();
    for client in &mut waiting {
        assert_eq!(client.receive("GET").status, 200);
    }
    assert_eq!(refused.ask("GET", "/next-tracking-number").status, 200);
}

/// Who waits for neither numbers nor a body has nothing to do with the places of those who do.
#[test]
fn what_an_operator_needs_is_answered_while_all_places_in_flight_are_taken() {
    let store = Switch::new();
    store.hang();
    let limits = limited(|limits| limits.max_in_flight = 2);
    let desk = Desk::new(Generator::new(store.clone()));
    let app = App::new(desk, Options::default());
    let server = InProcess::with_app(app, limits);
    let _waiting = [(); 2].map(|()| {
        let mut client = Client::connect(server.address);
        client.send("GET /next-tracking-number HTTP/1.1\r\nHost: test\r\n\r\n");
        assert!(client.is_silent_for(Duration::from_millis(100)));
        client
    });
    let mut client = Client::connect(server.address);
    assert_eq!(client.ask("GET", "/next-tracking-number").status, 503);
    for (path, alone, with_body) in [
        ("/", 200, 200),
        ("/livez", 200, 200),
        // Of the store, and not of the places.
        ("/readyz", 503, 503),
        ("/metrics", 200, 200),
        ("/openapi.json", 200, 200),
        ("/docs", 200, 200),
        ("/problems/too-many-in-flight", 200, 200),
        ("/tracking-numbers/AB12", 404, 400),
        ("/nowhere", 404, 404),
    ] {
        for (body, status) in [("", alone), ("Content-Length: 2\r\n\r\n{}", with_body)] {
            client.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n"));
            client.send(if body.is_empty() { "\r\n" } else { body });
            let answer = client.receive("GET");
            assert_eq!(answer.status, status, "{path}");
            if status == 503 {
                assert_eq!(answer.problem()["type"], "/problems/no-number");
            }
        }
    }
    store.turn_on();
}

/// How long a newcomer waits for an answer, where `others` fill all places and more, each having sent this.
fn newcomer_beside(others: usize, sent: &str) -> Duration {
    let limits = limited(|limits| limits.max_connections = 8);
    let server = InProcess::with_limits(Generator::new(MemoryAllocator::new()), "UTC", limits);
    let from = |host| Client::connect_from(Ipv4Addr::new(127, 0, 0, host).into(), server.address);
    let mut regular = from(3);
    assert_eq!(regular.ask("GET", "/livez").status, 200);
    let mut greedy: Vec<_> = (0..others).map(|_| from(1)).collect();
    for client in &mut greedy {
        client.try_send(sent);
    }
    assert_eq!(regular.ask("GET", "/livez").status, 200);
    let began = Instant::now();
    let mut newcomer = from(2);
    assert_eq!(newcomer.ask("GET", "/livez").status, 200);
    let elapsed = began.elapsed();
    // Neither of the two who behave is who was closed.
    for client in [&mut regular, &mut newcomer] {
        assert_eq!(client.ask("GET", "/livez").status, 200);
    }
    assert!(greedy[0].count_rest() == 0);
    elapsed
}

#[test]
fn who_holds_all_places_with_less_than_a_request_keeps_nobody_out() {
    for sent in [
        "G",
        "",
        "POST /livez HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n",
    ] {
        // As many as there are places beside the regular client, and far more than may wait.
        for others in [7, 100] {
            let elapsed = newcomer_beside(others, sent);
            assert!(
                elapsed < Duration::from_millis(500),
                "{others} {sent:?}: {elapsed:?}"
            );
        }
    }
}

#[test]
fn open_files_are_raised_or_it_warns() {
    let program = Program::start_with_files(100, 100, &[]);
    assert_eq!(
        program.welcome[0],
        "warning: at most 36 connections are open at once, since the system gives the process no more files: raise `ulimit -Hn`, or lower --max-connections"
    );
    // More clients than files: all are served in the end.
    all_are_served(&program, 60);

    let program = Program::start_with_files(100, 264, &["--max-connections", "200"]);
    assert!(
        program.welcome[0].starts_with("listening"),
        "{:?}",
        program.welcome
    );
    let clients = all_are_served(&program, 200);
    // At the same time, that is.
    for mut client in clients {
        assert_eq!(client.ask("GET", "/livez").status, 200);
    }
}

fn all_are_served(program: &Program, count: usize) -> Vec<Client> {
    let mut clients: Vec<_> = (0..count)
        .map(|_| Client::connect(program.address))
        .collect();
    for client in &mut clients {
        assert_eq!(client.ask("GET", "/livez").status, 200);
    }
    clients
}

#[test]
fn wrong_values() {
    for (flag, value) in [
        ("--read-timeout", "0s"),
        ("--idle-timeout", "75"),
        ("--drain-timeout", "25h"),
        ("--drain-delay", "-1s"),
        ("--max-connections", "0"),
        ("--max-in-flight", "1000001"),
        ("--max-batches", "0"),
    ] {
        let output = run_to_end(&["--store", "memory:", &format!("{flag}={value}")], &[]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{flag}: {stderr}");
        assert!(stderr.contains(flag) && stderr.contains(value), "{stderr}");
    }
}

#[test]
fn a_burst_of_connections_is_queued() {
    let program = Program::start(&["--store", "memory:"], &[]);
    // It accepts none of them for now: what holds them is the system's queue.
    program.signal(Signal::STOP);
    let time = Duration::from_millis(900);
    let clients: Result<Vec<_>, _> = (0..300)
        .map(|_| TcpStream::connect_timeout(&program.address, time))
        .collect();
    program.signal(Signal::CONT);
    clients.unwrap();
}
