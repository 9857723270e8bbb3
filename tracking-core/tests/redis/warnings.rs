//! What an operator is told.

use std::sync::Arc;

use tracking_core::store::RedisWarning;
use tracking_core::testing::ManualClock;
use tracking_core::{Clock, Opening, RedisAllocator, SystemClock};

use crate::common::*;
use crate::support::server::{RedisServer, until};

#[test]
fn eviction_persistence_and_replicas() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.url());
    let warnings = || {
        let opened = open(&server.url(), &options(Opening::Existing)).unwrap();
        opened.redis_warnings()
    };
    let set = |name: &str, value: &str| {
        server.ask::<String>(&["CONFIG", "SET", name, value]);
    };
    assert_eq!(
        warnings(),
        [RedisWarning::NotPersisted, RedisWarning::NoReplicas]
    );
    for policy in ["allkeys-lru", "allkeys-random"] {
        set("maxmemory-policy", policy);
        let policy = policy.to_owned();
        assert_eq!(warnings()[0], RedisWarning::Eviction { policy });
    }
    set("maxmemory-policy", "volatile-lru");
    set("save", "3600 1");
    assert_eq!(warnings(), [RedisWarning::NoReplicas]);
    set("save", "");
    set("appendonly", "yes");
    assert_eq!(warnings(), [RedisWarning::NoReplicas]);

    let Some(replica) = RedisServer::start(&[]) else {
        return;
    };
    let port = server.port().to_string();
    replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    until("replication", || replica.info("master_link_status") == "up");
    assert_eq!(warnings(), []);
    set("appendonly", "no");
    server.ask::<String>(&["ACL", "SETUSER", "default", "-config"]);
    assert_eq!(warnings(), [RedisWarning::PersistenceUnknown]);
}

#[test]
fn clocks_that_differ_are_told_of_at_the_start_and_at_every_answer() {
    let Some(server) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    create(&server.url());
    for (off_ms, told) in [
        (0, false),
        (150, false),
        (-400, true),
        (400, true),
        (3_600_000, true),
    ] {
        let clock = Arc::new(ManualClock::at(SystemClock.now_ms() + off_ms));
        let allocator = RedisAllocator::open_with_clock(
            &url(&server.url()),
            &options(Opening::Existing),
            clock.clone(),
        )
        .unwrap();
        let differs = || {
            allocator
                .redis_warnings()
                .iter()
                .find_map(|warning| match warning {
                    RedisWarning::Clock { ahead_ms } => Some(*ahead_ms),
                    _ => None,
                })
        };
        assert_eq!(differs().is_some(), told, "{off_ms}");
        if let Some(ahead_ms) = differs() {
            assert!((ahead_ms + off_ms).abs() < 100, "{off_ms}: {ahead_ms}");
        }
        // The state is of this history, so a grant needs no clock of ours.
        reserve(&allocator, 1).unwrap();
        assert_eq!(differs().is_some(), told, "{off_ms}");
        clock.step(-off_ms + SystemClock.now_ms() - clock.now_ms() + off_ms);
        reserve(&allocator, 1).unwrap();
        assert_eq!(differs(), None, "{off_ms}");
    }
}

#[test]
fn clocks_must_agree_where_the_state_is_new() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.url());
    let clock = Arc::new(ManualClock::at(SystemClock.now_ms() + 60_000));
    let ahead =
        RedisAllocator::open_with_clock(&url(&server.url()), &options(Opening::Existing), clock)
            .unwrap();
    reserve(&ahead, 1).unwrap();
    server.ask::<i64>(&["HDEL", HASH, "history", "lane", "tick", "slot", "last"]);
    let message = failure(&ahead, &server);
    assert!(
        message.starts_with("clock: redis+unix://SOCKET: the store's clock says ")
            && message.contains("more than 500 ms apart"),
        "{message}"
    );
    let right = open(&server.url(), &options(Opening::Existing)).unwrap();
    reserve(&right, 1).unwrap();
}
