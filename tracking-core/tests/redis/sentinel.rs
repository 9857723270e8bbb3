//! Sentinels that fail over.

use tracking_core::Opening;

use crate::common::*;
use crate::support::sentinel::RedisSentinels;
use crate::support::server::{RedisServer, until};

#[test]
fn follows_the_master_and_leaves_the_lane() {
    let Some(sentinels) = RedisSentinels::start(1, 3, &[]) else {
        return;
    };
    let allocator = create(&sentinels.url());
    let before = reserve(&allocator, 10).unwrap();
    until("a replica that has caught up", || {
        let [first, second] = [0, 1].map(|index| {
            let fields: Vec<String> =
                sentinels.servers[index].ask(&["HMGET", HASH, "tick", "slot"]);
            fields
        });
        first == second
    });
    sentinels.fail_over();
    let mut after = None;
    until("a reservation", || {
        after = reserve(&allocator, 10).ok();
        after.is_some()
    });
    let after = after.unwrap();
    assert!(after.start().tick() > before.last().tick());
    assert_ne!(after.start().lane(), before.start().lane());
    let master = sentinels.master().unwrap();
    let history: String = master.ask(&["HGET", HASH, "history"]);
    assert_eq!(history, master.info("run_id"));
}

#[test]
fn sentinels_that_are_gone_or_know_nothing() {
    let Some(sentinels) = RedisSentinels::start(0, 1, &[]) else {
        return;
    };
    let url = sentinels.url();
    // A dead one first: the next one is asked.
    let some = url.replace("sentinel://", "sentinel://127.0.0.1:1,");
    let allocator = create(&some);
    assert_eq!(allocator.to_string(), some);
    let server = &sentinels.servers[0];
    let unknown = format!("{}/else", url.rsplit_once('/').unwrap().0);
    let message = refusal(open(&unknown, &options(Opening::Existing)), server);
    assert!(
        message.ends_with(
            "gave an answer that is none to what was asked: no address of a master called else"
        ),
        "{message}"
    );
    let dead = "redis+sentinel://127.0.0.1:1,127.0.0.1:2/main";
    assert_eq!(
        refusal(open(dead, &options(Opening::Existing)), server),
        "unavailable: redis+sentinel://127.0.0.1:1,127.0.0.1:2/main: no Sentinel names a master that can be used: 127.0.0.1:1: cannot connect to 127.0.0.1:1: Connection refused (os error 111); 127.0.0.1:2: cannot connect to 127.0.0.1:2: Connection refused (os error 111)"
    );
}

#[test]
fn a_master_that_is_none_is_not_used() {
    let Some(sentinels) = RedisSentinels::start(0, 1, &[]) else {
        return;
    };
    let allocator = create(&sentinels.url());
    let Some(other) = RedisServer::start(&[]) else {
        return;
    };
    // Demoted behind the Sentinel's back, which still names it.
    let server = &sentinels.servers[0];
    let port = other.port().to_string();
    server.ask::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    let message = failure(&allocator, server);
    assert!(message.contains("HOST is a read-only replica"), "{message}");
}
