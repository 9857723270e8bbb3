//! A Redis that refuses for a while: its disk is full, it loads its data, its slot moves.

use std::fs::File;
use std::io::Write;

use super::counts::times;
use super::crowd::{Crowd, check};
use super::servers::cluster::{RedisCluster, SLOT};
use super::servers::server::{RedisServer, until};
use super::support::mount::Mount;

/// How often the clients were told of it.
fn told(left: &[super::crowd::Left], of: &str) -> usize {
    let all = left.iter().flat_map(|left| &left.errors);
    all.filter(|(_, error)| error.contains(of)).count()
}

#[test]
fn a_full_disk_under_the_append_only_file() {
    let Some(mount) = Mount::new("4m") else {
        return;
    };
    let folder = mount.path().display().to_string();
    let Some(mut server) = RedisServer::start(&["--appendonly", "yes", "--dir", &folder]) else {
        return;
    };
    let mut crowd = Crowd::four(&server.url());
    crowd.goes_on("at first");
    let times = times(10);
    for round in 0..times {
        let filler = mount.path().join("filler");
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
        drop(file);
        crowd.is_told("a full disk");
        let killed = round % 2 == 1;
        if killed {
            // The last record may be cut off.
            server.kill();
        }
        std::fs::remove_file(&filler).unwrap();
        if killed {
            server.start_again();
        }
        crowd.goes_on("when there is room again");
    }
    let left = crowd.end();
    assert!(told(&left, "is the disk full?") > 0, "{:?}", left[0].errors);
    check(&left).assert_sound(&format!("a full disk under AOF, {times} times"));
}

#[test]
fn a_restart_that_loads_for_long() {
    let Some(mut server) = RedisServer::start(&[
        "--appendonly",
        "yes",
        "--key-load-delay",
        "100",
        "--loading-process-events-interval-bytes",
        "1024",
    ]) else {
        return;
    };
    let mut crowd = Crowd::four(&server.url());
    crowd.goes_on("at first");
    let fill = "for k = 1, 5000 do redis.call('SET', 'filler' .. k, 'x') end return 'OK'";
    server.ask::<String>(&["EVAL", fill, "0"]);
    let times = times(10);
    for _ in 0..times {
        server.ask::<String>(&["BGREWRITEAOF"]);
        until("an AOF", || server.info("aof_rewrite_in_progress") == "0");
        server.kill();
        server.start_again();
        crowd.goes_on("when its data is loaded");
    }
    let left = crowd.end();
    assert!(told(&left, "LOADING") > 0, "{:?}", left[0].errors);
    check(&left).assert_sound(&format!("LOADING, {times} times"));
}

#[test]
fn a_slot_that_moves_from_node_to_node() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    let mut crowd = Crowd::four(&cluster.url());
    crowd.goes_on("at first");
    let times = times(20);
    let slot = SLOT.to_string();
    for _ in 0..times {
        let from = cluster.owner();
        let to = (from + 1) % 3;
        let (source, target) = (&cluster.nodes[from], &cluster.nodes[to]);
        target.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &cluster.id(from)]);
        source.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &cluster.id(to)]);
        crowd.goes_on("before the key moves");
        let port = target.port().to_string();
        for key in [super::pair::HASH, "{tracking}:prefixes"] {
            source.ask::<String>(&["MIGRATE", "127.0.0.1", &port, key, "0", "1000"]);
        }
        crowd.goes_on("while the slot moves");
        for node in [target, source] {
            node.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "NODE", &cluster.id(to)]);
        }
        crowd.goes_on("after the slot has moved");
        until("nodes that agree", || cluster.owner() == to);
    }
    crowd
        .check()
        .assert_sound(&format!("a reshard under way, {times} times"));
}
