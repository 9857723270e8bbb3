//! Who creates a series, and which one is opened.

use tracking_core::store::list_series;
use tracking_core::store::timeline::Lanes;
use tracking_core::testing::ManualClock;
use tracking_core::{
    Allocator, Clock, MySqlAllocator, OpenError, OpenStore, Opening, Serial, SystemClock,
    open_store,
};

use crate::common::*;
use crate::support::server::MySqlServer;

/// How many tables of ours a database has.
fn tables(server: &MySqlServer, url: &str) -> usize {
    let (_, database) = url.rsplit_once('/').unwrap();
    let tables: Vec<String> = server.ask(&format!("SHOW TABLES FROM {database}"));
    tables.len()
}

#[test]
fn only_those_who_say_so_create_a_series() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    for opening in [Opening::OrCreate, Opening::Existing] {
        assert_eq!(
            refusal(open(&url, &options(opening)), server.port()),
            "open: mysql://root@HOST/DB: there is no series `default`; create it, or restore one that was lost from its key"
        );
    }
    let existing = given(1, "AB").opening(Opening::Existing);
    let missing = open(&url, &existing);
    assert!(matches!(missing, Err(OpenError::Missing { .. })));
    assert_eq!(list_series(&url.parse().unwrap()).unwrap(), []);
    assert_eq!(tables(&server, &url), 0, "nothing was written");

    let before_ms = SystemClock.now_ms();
    let created = open(&url, &options(Opening::New)).unwrap();
    let created_at_ms = created.series().created_at_ms();
    assert!((before_ms - 20..=SystemClock.now_ms()).contains(&created_at_ms));
    assert_eq!(created.series().prefix().as_str().len(), 3);
    assert!(created.is_new());
    let again = open(&url, &options(Opening::OrCreate)).unwrap();
    assert!(!again.is_new());
    assert_eq!(
        format!("{:?}", again.series()),
        format!("{:?}", created.series())
    );
    assert_eq!(again.series().key(), created.series().key());
    let fingerprint = created.series().fingerprint();
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), server.port()),
        format!(
            "open: mysql://root@HOST/DB: the series `default` exists already, with fingerprint {fingerprint}"
        )
    );
    let store = open_store(&url.parse().unwrap(), &options(Opening::Existing)).unwrap();
    // Born with its series: no lane has been used, and all are behind the fence.
    let timeline = store.snapshot().unwrap().timeline.unwrap();
    assert_eq!(
        (timeline.used_lanes(), timeline.slot()),
        (Lanes::only(timeline.lane()), 0)
    );
    assert_eq!(timeline.doubt_tick(), timeline.last_tick(0));
    assert!((0..Serial::LANES).all(|lane| timeline.fence_ms(lane, created_at_ms + 500).is_some()));
    open(&url, &named("another", options(Opening::New))).unwrap();
    let names = list_series(&url.parse().unwrap()).unwrap();
    assert_eq!(
        names,
        ["another".parse().unwrap(), "default".parse().unwrap()]
    );
}

#[test]
fn a_given_key_creates_or_restores_and_must_fit() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = open(&url, &given(1, "AB")).unwrap();
    // As old as a number can be: nobody said how old it is.
    assert_eq!(first.series().created_at_ms(), Serial::EPOCH_MS);
    let fingerprint = first.series().fingerprint();
    let again = open(&url, &given(1, "AB")).unwrap();
    assert_eq!(again.series().fingerprint(), fingerprint);

    let dated = named("dated", given(3, "CD")).created_at_ms(1_760_000_000_123);
    let dated = open(&url, &dated).unwrap();
    assert_eq!(dated.series().created_at_ms(), 1_760_000_000_123);

    for (options, differs) in [
        (given(2, "AB"), "key"),
        (given(1, "XY"), "format"),
        (given(2, "XY"), "both"),
    ] {
        match open(&url, &options) {
            Err(OpenError::Fingerprint {
                expected, found, ..
            }) => {
                assert_eq!(found, fingerprint, "{differs}");
                assert_ne!(expected, fingerprint, "{differs}");
            }
            other => panic!("{differs}: {other:?}"),
        }
    }
    let prefix = options(Opening::OrCreate).with_prefix("XY".parse().unwrap());
    assert!(matches!(open(&url, &prefix), Err(OpenError::Prefix { .. })));
}

#[test]
fn two_series_of_a_database_have_different_prefixes() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = open(&url, &given(1, "AB")).unwrap();
    let print = first.series().fingerprint();
    let other = named("other", given(2, "AB"));
    assert_eq!(
        refusal(open(&url, &other), server.port()),
        format!(
            r#"open: mysql://root@HOST/DB: the prefix "AB" is taken by the series `default` with fingerprint {print}; choose another"#
        )
    );
    open(&url, &named("other", given(2, ""))).unwrap();
    let third = open(&url, &named("third", given(3, "")));
    assert!(
        matches!(&third, Err(OpenError::PrefixTaken { taken_by, .. }) if taken_by.as_str() == "other"),
        "{third:?}"
    );
    let names = list_series(&url.parse().unwrap()).unwrap();
    assert_eq!(names.len(), 2, "nothing was written");
    // Not one database for all: each has its own series.
    open(&server.database(), &given(2, "AB")).unwrap();
}

#[test]
fn clocks_must_agree_on_when_a_series_was_created() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let text = server.database();
    let clock = ManualClock::at(SystemClock.now_ms() - 3_600_000);
    let opened = MySqlAllocator::open_with_clock(
        &url(&text),
        &options(Opening::New),
        std::sync::Arc::new(clock),
    );
    let message = refusal(opened, server.port());
    assert!(
        message.starts_with("clock: mysql://root@HOST/DB: the store's clock says"),
        "{message}"
    );
    assert_eq!(tables(&server, &text), 0);
}

#[test]
fn a_snapshot_shows_the_timeline_and_changes_nothing() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let allocator = create(&url);
    let block = reserve(&allocator, 1_000).unwrap();
    let (_, database) = url.rsplit_once('/').unwrap();
    let row = || -> Vec<(String, String)> {
        server.ask(&format!(
            "SELECT nonce, timeline FROM {database}.tracking_series"
        ))
    };
    let before = row();
    let snapshot = allocator.snapshot().unwrap();
    let timeline = snapshot.timeline.unwrap();
    assert_eq!(timeline.lane(), block.start().lane());
    assert_eq!(timeline.last_tick(timeline.lane()), block.start().tick());
    assert_eq!(timeline.slot(), block.last().slot() + 1);
    let port = format!(".{}", server.port());
    assert!(timeline.history().as_str().ends_with(&port), "{timeline:?}");
    assert!((snapshot.now_ms - SystemClock.now_ms()).abs() < 1_000);
    assert_eq!(row(), before);
}
