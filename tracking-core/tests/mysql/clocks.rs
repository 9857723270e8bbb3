//! The clock of the server's host steps.

use tracking_core::{OpenStore, Opening, Serial};

use crate::clock::ServerClock;
use crate::common::*;
use crate::support::server::MySqlServer;

/// A server whose clock can be stepped, and a series on it that is a day old: a lane counts as used up to
/// its creation, so else a clock that goes back would find none whose last tick is past.
fn start() -> Option<(ServerClock, MySqlServer, String)> {
    let clock = ServerClock::compile()?;
    let server = MySqlServer::start_with(&[], Some(clock.library()))?;
    let url = server.database();
    let newborn = create(&url);
    let timeline = newborn.snapshot().unwrap().timeline.unwrap();
    let mut json = serde_json::to_value(&timeline).unwrap();
    for tick in json["last"].as_array_mut().unwrap() {
        *tick = (tick.as_u64().unwrap() - 24 * 3_600_000 / Serial::TICK_MS).into();
    }
    let (_, database) = url.rsplit_once('/').unwrap();
    server.run(&format!(
        "UPDATE {database}.tracking_series SET timeline = '{json}'"
    ));
    Some((clock, server, url))
}

#[test]
fn steps_of_the_clock_repeat_nothing() {
    let Some((clock, server, url)) = start() else {
        return;
    };
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let mut blocks = Vec::new();
    for offset_ms in [3_000, 0, -3_000, 0, 3_600_000, 0, -3_600_000, 0] {
        clock.step(offset_ms);
        for _ in 0..10 {
            blocks.push(reserve(&allocator, 100).unwrap());
        }
    }
    let lanes: std::collections::BTreeSet<u8> =
        blocks.iter().map(|block| block.start().lane()).collect();
    assert!(lanes.len() > 1, "each step back takes another lane");
    assert_no_repeat(&blocks);
    // An operator is told while the clocks differ.
    clock.step(300_000);
    reserve(&allocator, 1).unwrap();
    let warned = allocator.warnings().iter().any(|warning| {
        warning
            .to_string()
            .contains(" ms ahead of this host's; above 500 ms")
    });
    assert!(warned, "{:?}", allocator.warnings());
    drop(server);
}

#[test]
fn after_a_loss_the_clocks_must_agree() {
    let Some((clock, server, url)) = start() else {
        return;
    };
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let before = reserve(&allocator, 100).unwrap();
    let (_, database) = url.rsplit_once('/').unwrap();
    server.run(&format!("DELETE FROM {database}.tracking_series"));
    for offset_ms in [-3_600_000, 3_600_000] {
        clock.step(offset_ms);
        let message = failure(&allocator, server.port());
        assert!(
            message.starts_with("clock: mysql://root@HOST/DB: the store's clock says "),
            "{message}"
        );
    }
    clock.step(0);
    let after = reserve(&allocator, 100).unwrap();
    assert!(after.start().tick() >= before.last().tick() + 100);
}

#[test]
fn a_clock_before_every_lane_grants_nothing_until_it_is_right() {
    let Some((clock, server, url)) = start() else {
        return;
    };
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let before = reserve(&allocator, 100).unwrap();
    clock.step(-48 * 3_600_000);
    let message = failure(&allocator, server.port());
    assert!(message.contains("behind every lane"), "{message}");
    clock.step(0);
    assert!(reserve(&allocator, 100).unwrap().start() > before.last());
}
