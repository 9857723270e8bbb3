//! The series vanishes or is replaced while processes run.

use tracking_core::store::RedisWarning;
use tracking_core::{AllocateError, Allocator, OpenError, OpenStore, Opening, Serial};

use crate::common::*;
use crate::support::server::{RedisServer, until};

#[test]
fn a_process_writes_its_own_series_back_behind_a_fence() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let allocator = create(&url);
    let other = open(&url, &options(Opening::Existing)).unwrap();
    let before = reserve(&allocator, 10).unwrap();
    assert_eq!(
        allocator.series().created_at_ms(),
        other.series().created_at_ms()
    );
    for times in 1..=3u64 {
        server.ask::<String>(&["FLUSHALL"]);
        // A new process without the key gets the clear error.
        assert!(matches!(
            open(&url, &options(Opening::OrCreate)),
            Err(OpenError::Missing { .. })
        ));
        match attempt(&allocator) {
            Err(AllocateError::NotYet { after }) => assert_eq!(after.as_millis(), 1_000),
            other => panic!("{other:?}"),
        }
        let timeline = allocator.snapshot().unwrap().timeline.unwrap();
        for lane in 0..Serial::LANES {
            assert!(timeline.last_tick(lane) > before.last().tick());
        }
        let opened = open(&url, &options(Opening::Existing)).unwrap();
        assert_eq!(opened.series().key(), allocator.series().key());
        assert_eq!(
            opened.series().created_at_ms(),
            allocator.series().created_at_ms()
        );
        let prefix = allocator.series().prefix().to_string();
        let owner: String = server.ask(&["HGET", "{tracking}:prefixes", &prefix]);
        let print = allocator.series().fingerprint();
        assert_eq!(owner, format!("default {print}"));
        assert!(
            allocator
                .redis_warnings()
                .contains(&RedisWarning::WrittenBack { times })
        );
    }
    let after = reserve(&other, 10).unwrap();
    assert!(after.start().tick() >= before.last().tick() + 100);
}

#[test]
fn only_the_timeline_vanishes() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    server.ask::<i64>(&["HDEL", HASH, "history", "lane", "tick", "slot", "last"]);
    assert!(matches!(
        attempt(&allocator),
        Err(AllocateError::NotYet { after }) if after.as_millis() == 1_000
    ));
}

#[test]
fn a_series_of_another_key_is_refused() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let first = open(&url, &given(1, "AB")).unwrap();
    server.ask::<String>(&["FLUSHALL"]);
    let second = open(&url, &given(2, "AB")).unwrap();
    let expected = format!(
        "refused: redis+unix://SOCKET: expected the series with fingerprint {}, found {}; somebody replaced it while this program ran, so nothing more is granted",
        first.series().fingerprint(),
        second.series().fingerprint()
    );
    for _ in 0..2 {
        assert_eq!(failure(&first, &server), expected);
    }
    assert!(first.snapshot().is_err());
    reserve(&second, 1).unwrap();
    // Once it is the old one again, all is well.
    server.ask::<String>(&["FLUSHALL"]);
    reserve(&first, 1).unwrap();
}

#[test]
fn a_series_whose_prefix_another_has_by_now_is_not_written_back() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let first = open(&url, &given(1, "AB")).unwrap();
    server.ask::<String>(&["FLUSHALL"]);
    let other = open(&url, &named("other", given(2, "AB"))).unwrap();
    let print = other.series().fingerprint();
    assert_eq!(
        failure(&first, &server),
        format!(
            r#"refused: redis+unix://SOCKET: the series is gone, and cannot be written back, since the series `other` with fingerprint {print} now has its prefix "AB""#
        )
    );
}

#[test]
fn a_restart_without_data_and_one_with() {
    for persist in [false, true] {
        let arguments: &[&str] = match persist {
            true => &["--appendonly", "yes", "--appendfsync", "always"],
            false => &[],
        };
        let Some(mut server) = RedisServer::start(arguments) else {
            return;
        };
        let allocator = create(&server.url());
        let before = reserve(&allocator, 100).unwrap();
        server.kill();
        let gone = failure(&allocator, &server);
        assert!(
            gone.starts_with("unavailable: redis+unix://SOCKET: "),
            "{gone}"
        );
        server.start_again();
        until("loaded data", || server.info("loading") == "0");
        // A new history waits, whether the data is there or not.
        match attempt(&allocator) {
            Err(AllocateError::NotYet { after }) => assert_eq!(after.as_millis(), 1_000),
            answer => panic!("{answer:?}"),
        }
        let after = reserve(&allocator, 100).unwrap();
        assert!(after.start().tick() >= before.last().tick() + 100);
        if persist {
            assert_ne!(after.start().lane(), before.start().lane());
        }
    }
}

/// By hand, while processes run: each that has seen more leaves the lane and waits out the fence.
#[test]
fn an_older_state_that_is_put_back_is_noticed_by_who_has_seen_more() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    // Past the fence that all lanes are born with.
    let born = allocator.snapshot().unwrap().timeline.unwrap().doubt_tick();
    until("a later tick", || {
        attempt(&allocator).is_ok_and(|block| block.start().tick() > born)
    });
    let mut connection = server.connection().unwrap();
    let lane = || {
        let lane: u8 = server.ask(&["HGET", HASH, "lane"]);
        lane
    };
    let dump: Vec<u8> = redis::cmd("DUMP").arg(HASH).query(&mut connection).unwrap();
    server.ask::<i64>(&["COPY", HASH, HASH, "DB", "1"]);
    for how in ["restore", "swapdb", "slot", "tick"] {
        let first = reserve(&allocator, 1_000).unwrap();
        // Somebody else grants, and it is seen by a look alone.
        let other = open(&server.url(), &options(Opening::Existing)).unwrap();
        let second = reserve(&other, 1_000).unwrap();
        let watcher = open(&server.url(), &options(Opening::Existing)).unwrap();
        watcher.snapshot().unwrap();
        match how {
            "restore" => redis::cmd("RESTORE")
                .arg(HASH)
                .arg(0)
                .arg(&dump)
                .arg("REPLACE")
                .exec(&mut connection)
                .unwrap(),
            "swapdb" => drop(server.ask::<String>(&["SWAPDB", "0", "1"])),
            "slot" => drop(server.ask::<i64>(&["HSET", HASH, "slot", "1"])),
            _ => drop(server.ask::<i64>(&["HSET", HASH, "tick", "1"])),
        }
        let before = lane();
        let newest = if how == "slot" { &other } else { &watcher };
        match attempt(newest) {
            Err(AllocateError::NotYet { after }) => assert_eq!(after.as_millis(), 1_000, "{how}"),
            answer => panic!("{how}: {answer:?}"),
        }
        let after = lane();
        assert_ne!(after, before, "{how}");
        // The others have no reason to move it once more.
        for allocator in [&allocator, &other, &watcher] {
            match attempt(allocator) {
                Err(AllocateError::NotYet { after }) => assert!(after.as_millis() <= 1_000),
                answer => panic!("{how}: {answer:?}"),
            }
        }
        assert_eq!(lane(), after, "{how}");
        let granted = reserve(&allocator, 1_000).unwrap();
        assert_eq!(granted.start().lane(), after, "{how}");
        assert!(granted.start().tick() > second.last().tick().max(first.last().tick()));
    }
}
