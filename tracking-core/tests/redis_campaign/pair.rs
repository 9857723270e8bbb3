//! A primary and its replica, without Sentinels.

use super::servers::server::{RedisServer, until};

pub(crate) const HASH: &str = "{tracking}:series:default";

pub(crate) struct Pair {
    pub(crate) servers: [RedisServer; 2],
}

impl Pair {
    /// The first is the primary.
    pub(crate) fn start() -> Option<Self> {
        let pair = Self {
            servers: [RedisServer::start(&[])?, RedisServer::start(&[])?],
        };
        pair.follow(1, 0);
        Some(pair)
    }

    /// Make one a replica of the other, and wait until it is.
    pub(crate) fn follow(&self, replica: usize, primary: usize) {
        follow(&self.servers[replica], &self.servers[primary]);
    }

    pub(crate) fn promote(&self, replica: usize) {
        self.servers[replica].ask::<String>(&["REPLICAOF", "NO", "ONE"]);
    }
}

pub(crate) fn follow(replica: &RedisServer, primary: &RedisServer) {
    let port = primary.port().to_string();
    replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    until("replication", || replica.info("master_link_status") == "up");
}

/// The last tick that was granted from, as a server has it.
pub(crate) fn tick(server: &RedisServer) -> u64 {
    let tick: String = server.ask(&["HGET", HASH, "tick"]);
    tick.parse().unwrap()
}

/// Stop a replica, and leave it behind while `grants` go on; then stop the primary, and let the
/// replica go on from where it stood. It ends as the replica of a primary that does not answer.
pub(crate) fn fall_behind(primary: &RedisServer, replica: &RedisServer, grants: impl FnOnce()) {
    replica.pause();
    // What is under way to it would still arrive: so the primary may send it no more.
    primary.ask::<i64>(&["CLIENT", "KILL", "TYPE", "replica"]);
    grants();
    let granted = tick(primary);
    primary.pause();
    replica.resume();
    let known = tick(replica);
    assert!(known < granted, "the replica has all: {known}, {granted}");
}
