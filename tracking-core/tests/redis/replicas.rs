//! Reservations that replicas must have before they count.

use std::time::{Duration, Instant};

use crate::common::*;
use crate::support::server::{RedisServer, until};

#[test]
fn a_reservation_that_too_few_replicas_have_is_discarded() {
    let (Some(primary), Some(replica)) = (RedisServer::start(&[]), RedisServer::start(&[])) else {
        return;
    };
    let port = primary.port().to_string();
    replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    until("replication", || replica.info("master_link_status") == "up");
    let one = create(&format!("{}?wait_replicas=1&wait_ms=300", primary.url()));
    let two = open(
        &format!("{}?wait_replicas=2&wait_ms=100", primary.url()),
        &options(tracking_core::Opening::Existing),
    )
    .unwrap();

    let before = reserve(&one, 10).unwrap();
    let on_replica: Vec<String> = replica.ask(&["HMGET", HASH, "tick", "slot"]);
    let tick = before.start().tick().to_string();
    let slot = (before.last().slot() + 1).to_string();
    assert_eq!(
        on_replica,
        [tick, slot],
        "the replica has it before the caller"
    );

    assert_eq!(
        failure(&two, &primary),
        "unavailable: redis+unix://SOCKET: only 1 of 2 replicas had the reservation within 100 ms; it is abandoned, with its serials"
    );
    replica.pause();
    let start = Instant::now();
    assert_eq!(
        failure(&one, &primary),
        "unavailable: redis+unix://SOCKET: only 0 of 1 replicas had the reservation within 300 ms; it is abandoned, with its serials"
    );
    assert!(start.elapsed() >= Duration::from_millis(290));
    replica.resume();
    until("a replica that has caught up", || attempt(&one).is_ok());
    assert!(reserve(&one, 10).unwrap().start() > before.last());
}
