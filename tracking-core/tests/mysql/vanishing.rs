//! The series vanishes or is replaced while processes run.

use tracking_core::store::MySqlWarning;
use tracking_core::{AllocateError, Allocator, OpenError, OpenStore, Opening, Serial};

use crate::common::*;
use crate::support::server::{MySqlServer, until};

/// The table of a database.
fn table(url: &str) -> String {
    let (_, database) = url.rsplit_once('/').unwrap();
    format!("{database}.tracking_series")
}

#[test]
fn a_process_writes_its_own_series_back_behind_a_fence() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let table = table(&url);
    let allocator = create(&url);
    let other = open(&url, &options(Opening::Existing)).unwrap();
    let before = reserve(&allocator, 10).unwrap();
    for (times, loss) in [(1, "DELETE FROM"), (2, "TRUNCATE"), (3, "DROP TABLE")] {
        server.run(&format!("{loss} {table}"));
        // A new process without the key gets the clear error.
        let missing = open(&url, &options(Opening::OrCreate));
        assert!(matches!(missing, Err(OpenError::Missing { .. })));
        assert!(allocator.snapshot().unwrap().timeline.is_none());
        fenced(&allocator);
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
        let told = MySqlWarning::WrittenBack { times };
        assert!(allocator.store().mysql_warnings().contains(&told));
    }
    let after = reserve(&other, 10).unwrap();
    assert!(after.start().tick() >= before.last().tick() + 100);
}

#[test]
fn only_the_timeline_vanishes() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let allocator = create(&url);
    server.run(&format!("UPDATE {} SET timeline = NULL", table(&url)));
    fenced(&allocator);
}

#[test]
fn a_series_of_another_key_is_refused() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = open(&url, &given(1, "AB")).unwrap();
    server.run(&format!("DELETE FROM {}", table(&url)));
    let second = open(&url, &given(2, "AB")).unwrap();
    let expected = format!(
        "refused: mysql://root@HOST/DB: expected the series with fingerprint {}, found {}; somebody replaced it while this program ran, so nothing more is granted",
        first.series().fingerprint(),
        second.series().fingerprint()
    );
    for _ in 0..2 {
        assert_eq!(failure(&first, server.port()), expected);
    }
    assert!(first.snapshot().is_err());
    reserve(&second, 1).unwrap();
    // Once it is the old one again, all is well.
    server.run(&format!("DELETE FROM {}", table(&url)));
    reserve(&first, 1).unwrap();
}

#[test]
fn a_series_whose_prefix_another_has_by_now_is_not_written_back() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = open(&url, &given(1, "AB")).unwrap();
    server.run(&format!("DELETE FROM {}", table(&url)));
    let other = open(&url, &named("other", given(2, "AB"))).unwrap();
    let print = other.series().fingerprint();
    assert_eq!(
        failure(&first, server.port()),
        format!(
            r#"refused: mysql://root@HOST/DB: the series is gone, and cannot be written back, since the series `other` with fingerprint {print} now has its prefix "AB""#
        )
    );
}

#[test]
fn a_row_that_was_changed_by_hand_is_refused() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let allocator = create(&url);
    for (change, column) in [
        ("version = 2", "version"),
        ("timeline = '{}'", "timeline"),
        ("timeline = 'x'", "timeline"),
    ] {
        server.run(&format!("UPDATE {} SET {change}", table(&url)));
        let expected = format!("the column `{column}` of the series' row is not as this version");
        for message in [
            failure(&allocator, server.port()),
            refusal(open(&url, &options(Opening::Existing)), server.port()),
        ] {
            let start = format!("refused: mysql://root@HOST/DB: {expected}");
            assert!(message.starts_with(&start), "{message}");
        }
        server.run(&format!(
            "UPDATE {} SET version = 1, timeline = NULL",
            table(&url)
        ));
    }
    // What only an opening reads.
    for (change, column) in [
        ("prefix = 'x'", "prefix"),
        ("series_key = 'x'", "series_key"),
        ("created_at = 'x'", "created_at"),
        ("prefix = 'AB'", "fingerprint"),
    ] {
        let (url, column) = (server.database(), format!("the column `{column}`"));
        create(&url);
        server.run(&format!("UPDATE {} SET {change}", table(&url)));
        let message = refusal(open(&url, &options(Opening::Existing)), server.port());
        assert!(message.contains(&column), "{message}");
    }
}

/// By hand, while processes run: each that has seen more leaves the lane and waits out the fence.
#[test]
fn an_older_row_that_is_put_back_is_noticed_by_who_has_seen_more() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let table = table(&url);
    let allocator = create(&url);
    // Past the fence that all lanes are born with.
    let born = allocator.snapshot().unwrap().timeline.unwrap().doubt_tick();
    until("a later tick", || {
        attempt(&allocator).is_ok_and(|block| block.start().tick() > born)
    });
    server.run(&format!("CREATE TABLE {table}_old SELECT * FROM {table}"));
    let lane = |allocator: &dyn OpenStore| allocator.snapshot().unwrap().timeline.unwrap().lane();
    for _ in 0..2 {
        let first = reserve(&allocator, 1_000).unwrap();
        // Somebody else grants, and it is seen by a look alone.
        let other = open(&url, &options(Opening::Existing)).unwrap();
        let second = reserve(&other, 1_000).unwrap();
        let watcher = open(&url, &options(Opening::Existing)).unwrap();
        watcher.snapshot().unwrap();
        // The very row of before, nonce and all: A, B, and A again.
        server.run(&format!("REPLACE INTO {table} SELECT * FROM {table}_old"));
        let fresh = open(&url, &options(Opening::Existing)).unwrap();
        let before = lane(&fresh);
        fenced(&watcher);
        let after = lane(&fresh);
        assert_ne!(after, before);
        // The others have no reason to move it once more.
        for allocator in [&allocator, &other, &watcher] {
            match attempt(allocator) {
                Err(AllocateError::NotYet { after }) => assert!(after.as_millis() <= 1_000),
                answer => panic!("{answer:?}"),
            }
        }
        assert_eq!(lane(&fresh), after);
        let granted = reserve(&allocator, 1_000).unwrap();
        assert_eq!(granted.start().lane(), after);
        assert!(granted.start().tick() > second.last().tick().max(first.last().tick()));
    }
}
