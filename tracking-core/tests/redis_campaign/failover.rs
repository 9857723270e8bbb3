//! Failovers to a replica that lacks what was granted last, and an old primary that comes back and
//! answers what was asked of it before.

use super::counts::times;
use super::crowd::Crowd;
use super::how::How;
use super::pair::{Pair, fall_behind};
use super::servers::sentinel::RedisSentinels;
use super::servers::server::until;

/// Longer than the primary stands still: its answer is the one to a question of before.
const PATIENT: &str = "?timeout_ms=20000";
const BRISK: &str = "?timeout_ms=300";

#[test]
fn a_replica_that_lags_is_promoted_by_hand() {
    let Some(pair) = Pair::start() else {
        return;
    };
    let clients: Vec<_> = pair
        .servers
        .iter()
        .flat_map(|server| {
            [
                (How::Blocks, server.url() + PATIENT),
                (How::Blocks, server.url() + BRISK),
                (How::numbers(), server.url() + BRISK),
            ]
        })
        .collect();
    let of = [0..3, 3..6];
    // A client of the second server alone cannot start on an empty replica, so the series is there
    // before.
    let mut crowd = Crowd::create(&pair.servers[0].url(), &[]);
    until("a series on the replica", || {
        pair.servers[1].ask::<i64>(&["EXISTS", super::pair::HASH]) == 1
    });
    for (how, url) in &clients {
        crowd.add(how, url);
    }
    let rounds = times(10);
    for round in 0..rounds as usize {
        let (old, new) = (round % 2, (round + 1) % 2);
        crowd.some_go_on(of[old].clone(), "before the failover");
        fall_behind(&pair.servers[old], &pair.servers[new], || {
            crowd.some_go_on(of[old].clone(), "behind the replica's back");
        });
        pair.promote(new);
        crowd.some_go_on(of[new].clone(), "at the new primary");
        pair.servers[old].resume();
        crowd.some_go_on(of[old].clone(), "at the old primary that came back");
        crowd.some_go_on(of[new].clone(), "beside the old primary");
        pair.follow(old, new);
    }
    crowd.check().assert_sound(&format!(
        "failover by hand to a replica that lags, {rounds} times"
    ));
}

#[test]
fn a_replica_that_lags_is_promoted_by_sentinel() {
    let Some(sentinels) = RedisSentinels::start(1, 3, &[]) else {
        return;
    };
    let url = sentinels.url();
    let clients = [
        (How::Blocks, url.clone() + BRISK),
        (How::numbers(), url.clone() + BRISK),
        (How::Blocks, url.clone() + PATIENT),
    ];
    let mut crowd = Crowd::create(&url, &clients);
    crowd.goes_on("at first");
    // And one at each server that follows nobody.
    for server in &sentinels.servers {
        until("a series", || {
            server.ask::<i64>(&["EXISTS", super::pair::HASH]) == 1
        });
        crowd.add(&How::Blocks, &(server.url() + BRISK));
    }
    let rounds = times(10);
    for _ in 0..rounds {
        let old = sentinels.master().expect("a master");
        let index = |port| {
            sentinels
                .servers
                .iter()
                .position(|server| server.port() == port)
        };
        let old_index = index(old.port()).unwrap();
        let new = &sentinels.servers[1 - old_index];
        until("replication", || new.shows("master_link_status", "up"));
        fall_behind(old, new, || {
            crowd.some_go_on(0..3, "behind the replica's back")
        });
        until("a failover", || {
            sentinels
                .master()
                .is_some_and(|master| master.port() == new.port())
        });
        crowd.some_go_on(0..2, "at the new primary");
        old.resume();
        let clients_of_old = 3 + old_index..4 + old_index;
        crowd.some_go_on(clients_of_old, "at the old primary that came back");
        // Sentinel makes it a replica in the end; the patient client has its answer at the latest
        // then, and looks for the master again.
        until("an old primary that follows", || old.shows("role", "slave"));
        crowd.some_go_on(0..3, "after the failover");
    }
    crowd.check().assert_sound(&format!(
        "failover by Sentinel to a replica that lags, {rounds} times"
    ));
}
