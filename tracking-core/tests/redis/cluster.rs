//! A cluster whose slots move.

use tracking_core::Opening;

use crate::common::*;
use crate::support::cluster::{RedisCluster, SLOT};
use crate::support::server::until;

#[test]
fn one_node_is_enough_to_find_the_others() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    let slot: usize = cluster.nodes[0].ask(&["CLUSTER", "KEYSLOT", HASH]);
    assert_eq!(slot, SLOT);
    let owner = cluster.owner();
    create(&cluster.url());
    for (index, node) in cluster.nodes.iter().enumerate() {
        let url = format!("redis+cluster://127.0.0.1:{}", node.port());
        let allocator = open(&url, &options(Opening::Existing)).unwrap();
        reserve(&allocator, 1).unwrap();
        // Under the URL of a single server the node that owns the slot will do, and no other.
        let single = open(&node.url(), &options(Opening::Existing));
        match index == owner {
            true => drop(single.unwrap()),
            false => {
                let message = refusal(single, node);
                assert!(
                    message.contains(
                        "it is part of a cluster; use redis+cluster:// to name it (MOVED 6 "
                    ),
                    "{message}"
                );
            }
        }
    }
}

#[test]
fn reservations_go_on_while_the_slot_moves() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    let allocator = create(&cluster.url());
    let (from, to) = (cluster.owner(), (cluster.owner() + 1) % 3);
    let (source, target) = (&cluster.nodes[from], &cluster.nodes[to]);
    let slot = SLOT.to_string();
    let mut last = reserve(&allocator, 1).unwrap();
    let mut go_on = |what: &str| {
        let mut next = None;
        until(what, || {
            next = reserve(&allocator, 1).ok();
            next.is_some()
        });
        let next = next.unwrap();
        assert!(
            next.start().tick() > last.start().tick() || next.start() > last.start(),
            "{what}"
        );
        last = next;
    };

    target.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &cluster.id(from)]);
    source.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &cluster.id(to)]);
    go_on("before the key moves");
    // The key has moved and the slot has not: ASK.
    let port = target.port().to_string();
    for key in [HASH, "{tracking}:prefixes"] {
        source.ask::<String>(&["MIGRATE", "127.0.0.1", &port, key, "0", "1000"]);
    }
    for _ in 0..3 {
        go_on("while the slot moves");
    }
    assert_eq!(cluster.owner(), from);
    // A node that only takes the slot over is asked for one call at a time.
    let clients: String = target.ask(&["CLIENT", "LIST"]);
    assert!(!clients.contains("cmd=evalsha"), "{clients}");
    // The slot has moved: MOVED.
    for node in [target, source] {
        node.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "NODE", &cluster.id(to)]);
    }
    go_on("after the slot has moved");
    assert_eq!(cluster.owner(), to);
    let history: String = target.ask(&["HGET", HASH, "history"]);
    assert_eq!(history, target.info("run_id"));
}

#[test]
fn a_series_that_vanished_is_not_created_on_a_node_that_takes_its_slot_over() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    let allocator = create(&cluster.url());
    let (from, to) = (cluster.owner(), (cluster.owner() + 1) % 3);
    let (source, target) = (&cluster.nodes[from], &cluster.nodes[to]);
    let slot = SLOT.to_string();
    target.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &cluster.id(from)]);
    source.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &cluster.id(to)]);
    source.ask::<i64>(&["DEL", HASH]);
    let message = failure(&allocator, source);
    assert!(
        message.contains("the slot is being moved (TRYAGAIN"),
        "{message}"
    );
    source.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "STABLE"]);
    target.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "STABLE"]);
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_node_that_died_is_said_to_be_gone() {
    let Some(mut cluster) = RedisCluster::start(3) else {
        return;
    };
    let allocator = create(&format!("{}?timeout_ms=1000", cluster.url()));
    let owner = cluster.owner();
    cluster.nodes[owner].kill();
    let message = failure(&allocator, &cluster.nodes[owner]);
    assert!(message.contains("Connection refused"), "{message}");
    cluster.nodes[owner].start_again();
    until("a reservation", || reserve(&allocator, 1).is_ok());
}
