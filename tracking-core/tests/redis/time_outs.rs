//! Nothing hangs, and nothing is read that was meant for an earlier question.

use std::time::{Duration, Instant};

use tracking_core::{OpenStore, Opening};

use crate::common::*;
use crate::support::server::{RedisServer, until};

const LATE: Duration = Duration::from_millis(700);

#[test]
fn a_server_that_stands_still_costs_the_time_out_and_a_gap() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    for url in [server.url(), server.tcp_url()] {
        server.ask::<String>(&["FLUSHALL"]);
        let allocator = create(&format!("{url}?timeout_ms=300"));
        let before = reserve(&allocator, 1).unwrap();
        let id = client_id(&server);
        server.pause();
        let start = Instant::now();
        let message = failure(&allocator, &server);
        assert!(start.elapsed() >= Duration::from_millis(290) && start.elapsed() < LATE);
        assert!(
            message.ends_with("did not answer within 300 ms; what was asked of it is abandoned, with the serials that it may have reserved"),
            "{message}"
        );
        // Now it must connect: the system takes the connection for the server that stands still.
        let start = Instant::now();
        let message = failure(&allocator, &server);
        assert!(start.elapsed() < LATE, "{message}");
        assert!(allocator.snapshot().is_err());
        server.resume();
        let after = reserve(&allocator, 1).unwrap();
        // The server did reserve what the abandoned question asked for: it was not read later.
        assert!(after.start() > before.last());
        assert_ne!(client_id(&server), id, "the connection was used again");
    }
}

/// The id of the one connection that is not the test's own.
fn client_id(server: &RedisServer) -> u64 {
    let mut ids = Vec::new();
    until("one connection", || {
        let list: String = server.ask(&["CLIENT", "LIST"]);
        ids = list
            .lines()
            .filter(|line| !line.contains("cmd=client"))
            .filter_map(|line| line.strip_prefix("id=")?.split(' ').next()?.parse().ok())
            .collect();
        ids.len() == 1
    });
    ids[0]
}

#[test]
fn threads_behind_one_that_waits_have_their_error_in_time_too() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&format!("{}?timeout_ms=300", server.url()));
    server.pause();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| attempt(&allocator).unwrap_err());
        }
    });
    assert!(start.elapsed() < LATE, "{:?}", start.elapsed());
    server.resume();
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_full_backlog_and_an_address_that_swallows_everything() {
    // Connecting to a Unix socket blocks without end once its backlog is full.
    let Some(server) = RedisServer::start(&["--tcp-backlog", "1"]) else {
        return;
    };
    let allocator = create(&format!("{}?timeout_ms=100", server.url()));
    server.pause();
    let mut messages = Vec::new();
    for _ in 0..12 {
        let start = Instant::now();
        messages.push(failure(&allocator, &server));
        assert!(start.elapsed() < LATE);
    }
    for told in [
        "did not answer within 100 ms",
        "SOCKET took no connection within",
        "4 attempts to connect still wait for the network or for name resolution",
    ] {
        assert!(
            messages.iter().any(|message| message.contains(told)),
            "{told}: {messages:?}"
        );
    }
    server.resume();
    until("a reservation", || reserve(&allocator, 1).is_ok());
    // One that accepts and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}?timeout_ms=100", listener.local_addr().unwrap());
    let start = Instant::now();
    let error = open(&url, &options(Opening::Existing))
        .unwrap_err()
        .to_string();
    assert!(start.elapsed() < LATE);
    assert!(error.contains("did not answer within 100 ms"), "{error}");
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    for url in [server.url(), server.tcp_url()] {
        server.ask::<String>(&["FLUSHALL"]);
        let allocator = create(&url);
        for _ in 0..3 {
            server.ask::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
            attempt(&allocator).unwrap();
        }
    }
}

/// A server between the allocator and a real one, that spoils each answer to a script from the
/// first on.
fn spoiler(server: &RedisServer, spoil: fn(&mut std::net::TcpStream, &[u8])) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let port = server.port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            std::thread::spawn(move || {
                let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (mut request, mut answer) = ([0; 65_536], [0; 65_536]);
                while let Ok(count @ 1..) = client.read(&mut request) {
                    server.write_all(&request[..count]).unwrap();
                    let is_script = request[..count].windows(7).any(|word| word == b"EVALSHA");
                    let count = server.read(&mut answer).unwrap();
                    match is_script {
                        true => spoil(&mut client, &answer[..count]),
                        false => client.write_all(&answer[..count]).unwrap(),
                    }
                }
            });
        }
    });
    format!("redis://{address}?timeout_ms=300")
}

#[test]
fn an_answer_that_trickles_is_waited_for_no_longer_than_any_other() {
    use std::io::Write;
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    type Spoil = fn(&mut std::net::TcpStream, &[u8]);
    // A byte every 20 ms, which is far below the time-out: of something long, and of an error line.
    let trickle: Spoil = |client, _| {
        let start = b"$60000\r\n";
        let _ = client.write_all(start);
        while client.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let line: Spoil = |client, _| {
        while client.write_all(b"-").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    for spoil in [trickle, line] {
        let url = spoiler(&server, spoil);
        let allocator = open(&url, &options(Opening::Existing)).unwrap();
        for _ in 0..2 {
            let start = Instant::now();
            let error = attempt(&allocator).unwrap_err();
            assert!(start.elapsed() < LATE, "{:?}", start.elapsed());
            let message = error.to_string();
            assert!(
                message.contains("did not answer within 300 ms"),
                "{message}"
            );
            assert_eq!(error.kind(), "unavailable");
        }
    }
}

#[test]
fn an_answer_that_comes_twice_is_taken_for_none_to_the_next_question() {
    use std::io::Write;
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    let url = spoiler(&server, |client, answer| {
        let _ = client.write_all(&[answer, answer].concat());
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    for _ in 0..3 {
        let message = attempt(&allocator).unwrap_err().to_string();
        assert!(
            message.ends_with("none to what was asked: more than was asked for"),
            "{message}"
        );
    }
    // One that comes late, between two questions.
    let url = spoiler(&server, |client, answer| {
        let _ = client.write_all(answer);
        std::thread::sleep(Duration::from_millis(50));
        let _ = client.write_all(answer);
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let mut last = attempt(&allocator).unwrap();
    let mut refused = 0;
    for _ in 0..6 {
        match attempt(&allocator) {
            Ok(block) => {
                assert!(block.start() > last.last());
                last = block;
            }
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains("none to what was asked"), "{message}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
}
