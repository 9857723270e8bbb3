//! A server that stands still, and answers that are cut.

use std::time::{Duration, Instant};

use crate::common::*;
use crate::support::proxy::Proxy;
use crate::support::server::MySqlServer;
use crate::support::slow::Slow;

#[test]
fn a_server_that_stands_still_is_told_of_in_time() {
    let Some(server) = MySqlServer::start(&[]) else {
        return;
    };
    let url = format!("{}?timeout_ms=800", server.database());
    let allocator = create(&url);
    let mut blocks = vec![reserve(&allocator, 10).unwrap()];
    server.pause();
    for within in [
        "did not answer within 800 ms",
        "took no connection and no login within",
    ] {
        let start = Instant::now();
        let message = failure(&allocator, server.port());
        assert!(message.starts_with("unavailable: "), "{message}");
        assert!(message.contains(within), "{message}");
        let took = start.elapsed();
        assert!(took < Duration::from_millis(1_600), "{took:?}");
    }
    server.resume();
    for _ in 0..20 {
        blocks.push(reserve(&allocator, 10).unwrap());
    }
    assert_no_repeat(&blocks);
}

/// A byte now and then is an answer to each read, and none to the call.
#[test]
fn an_answer_that_trickles_is_not_waited_for() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let slow = Slow::start(server.port());
    let url = server.database();
    create(&url);
    let url = url.replace(&server.port().to_string(), &slow.port().to_string());
    let url = format!("{url}?timeout_ms=800");
    let allocator = open(&url, &options(tracking_core::Opening::Existing)).unwrap();
    reserve(&allocator, 10).unwrap();
    slow.trickle(50);
    let start = Instant::now();
    assert_eq!(
        failure(&allocator, slow.port()),
        "unavailable: mysql://root@HOST/DB: HOST did not answer within 800 ms; what was asked of it is abandoned, with the serials that it may have reserved"
    );
    let took = start.elapsed();
    assert!(took < Duration::from_millis(1_600), "{took:?}");
    slow.trickle(0);
    reserve(&allocator, 10).unwrap();
}

/// The server has stored it, and nobody hears: those serials are a gap.
#[test]
fn a_write_whose_answer_is_cut_repeats_nothing() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let proxy = Proxy::start(server.port());
    let through = url.replace(&server.port().to_string(), &proxy.port().to_string());
    create(&url);
    let allocator = open(&through, &options(tracking_core::Opening::Existing)).unwrap();
    let mut blocks = Vec::new();
    for _ in 0..20 {
        blocks.push(reserve(&allocator, 10).unwrap());
        proxy.cut(1);
        let message = failure(&allocator, proxy.port());
        let start = "unavailable: mysql://root@HOST/DB: the connection to HOST broke; what was asked of it is abandoned, with the serials that it may have reserved: ";
        assert!(message.starts_with(start), "{message}");
        blocks.push(reserve(&allocator, 10).unwrap());
    }
    assert_eq!(proxy.cut_so_far(), 20);
    assert_no_repeat(&blocks);
}

/// An idle connection that the server closed is noticed by the look, and made anew.
#[test]
fn a_connection_that_was_closed_while_it_was_idle_is_no_error() {
    let Some(server) = MySqlServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.database());
    for _ in 0..3 {
        // It falls asleep a little after it has answered.
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut ids: Vec<u64> = Vec::new();
        while ids.is_empty() {
            assert!(Instant::now() < deadline, "no connection is idle");
            ids = server.ask(
                "SELECT id FROM information_schema.processlist WHERE db LIKE 'db%' AND command = 'Sleep'",
            );
        }
        for id in ids {
            server.run(&format!("KILL {id}"));
        }
        reserve(&allocator, 1).unwrap();
    }
}
