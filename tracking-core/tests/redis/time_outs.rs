//! Nothing hangs, and nothing is read that was meant for an earlier question.

use std::time::{Duration, Instant};

use tracking_core::{Opening, Store};

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
