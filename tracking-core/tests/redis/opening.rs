//! Who creates a series, and which one is opened.

use std::sync::Barrier;
use std::thread;

use tracking_core::store::timeline::Lanes;
use tracking_core::testing::ManualClock;
use tracking_core::{
    Allocator, Clock, OpenError, OpenStore, Opening, Serial, SeriesOptions, SystemClock, open_store,
};

use crate::common::*;
use crate::support::server::RedisServer;

#[test]
fn only_those_who_say_so_create_a_series() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    for opening in [Opening::OrCreate, Opening::Existing] {
        assert_eq!(
            refusal(open(&url, &options(opening)), &server),
            "open: redis+unix://SOCKET: there is no series `default`; create it, or restore one that was lost from its key"
        );
    }
    let mut existing = given(1, "AB");
    existing.opening = Opening::Existing;
    assert!(matches!(
        open(&url, &existing),
        Err(OpenError::Missing { .. })
    ));
    assert_eq!(server.ask::<i64>(&["DBSIZE"]), 0, "nothing was written");

    let before_ms = SystemClock.now_ms();
    let created = open(&url, &options(Opening::New)).unwrap();
    let created_at_ms = created.series().created_at_ms();
    assert!((before_ms - 20..=SystemClock.now_ms()).contains(&created_at_ms));
    assert_eq!(created.series().prefix().as_str().len(), 3);
    assert_eq!(server.ask::<String>(&["HGET", HASH, "version"]), "1");
    let again = open(&url, &options(Opening::OrCreate)).unwrap();
    assert_eq!(
        format!("{:?}", again.series()),
        format!("{:?}", created.series())
    );
    assert_eq!(again.series().key(), created.series().key());
    let fingerprint = created.series().fingerprint();
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), &server),
        format!(
            "open: redis+unix://SOCKET: the series `default` exists already, with fingerprint {fingerprint}"
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
    assert!(!store.warnings().is_empty());
}

#[test]
fn a_given_key_creates_or_restores_and_must_fit() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let first = open(&url, &given(1, "AB")).unwrap();
    // As old as a number can be: nobody said how old it is.
    assert_eq!(first.series().created_at_ms(), Serial::EPOCH_MS);
    let fingerprint = first.series().fingerprint();
    assert_eq!(
        open(&url, &given(1, "AB")).unwrap().series().fingerprint(),
        fingerprint
    );

    let mut dated = named("dated", given(3, "CD"));
    dated.created_at_ms = Some(1_760_000_000_123);
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
    let mut prefix = options(Opening::OrCreate);
    prefix.prefix = "XY".parse().ok();
    assert!(matches!(open(&url, &prefix), Err(OpenError::Prefix { .. })));
}

#[test]
fn two_series_of_a_store_have_different_prefixes() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let first = open(&url, &given(1, "AB")).unwrap();
    let print = first.series().fingerprint();
    let other = named("other", given(2, "AB"));
    assert_eq!(
        refusal(open(&url, &other), &server),
        format!(
            r#"open: redis+unix://SOCKET: the prefix "AB" is taken by the series `default` with fingerprint {print}; choose another"#
        )
    );
    let exists: i64 = server.ask(&["EXISTS", "{tracking}:series:other"]);
    assert_eq!(exists, 0, "nothing was written");
    open(&url, &named("other", given(2, ""))).unwrap();
    let third = open(&url, &named("third", given(3, "")));
    assert!(
        matches!(&third, Err(OpenError::PrefixTaken { taken_by, .. }) if taken_by.as_str() == "other"),
        "{third:?}"
    );
    // Not one database for all: each has its own series.
    open(&format!("{url}?db=1"), &given(2, "AB")).unwrap();
}

const PREFIXES: &str = "{tracking}:prefixes";

#[test]
fn a_prefix_stays_with_its_key_and_is_registered_again() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = server.url();
    let first = open(&url, &given(1, "AB")).unwrap();
    let print = first.series().fingerprint();
    let registered = || server.ask::<Option<String>>(&["HGET", PREFIXES, "AB"]);
    let whole = Some(format!("default {print}"));
    assert_eq!(registered(), whole);
    let taken = |options: &SeriesOptions| match open(&url, options) {
        Err(OpenError::PrefixTaken {
            taken_by,
            fingerprint,
            ..
        }) => (taken_by.to_string(), fingerprint),
        other => panic!("{other:?}"),
    };
    let by_first = ("default".to_owned(), Some(print.to_string()));
    // The record is lost and the register is not: another key under the same name.
    let record: Vec<u8> = redis::cmd("DUMP")
        .arg(HASH)
        .query(&mut server.connection().unwrap())
        .unwrap();
    let put_back = || {
        let mut restore = redis::cmd("RESTORE");
        restore.arg(HASH).arg(0).arg(&record).arg("REPLACE");
        restore.exec(&mut server.connection().unwrap()).unwrap();
    };
    server.ask::<i64>(&["DEL", HASH]);
    assert_eq!(taken(&given(2, "AB")), by_first);
    assert_eq!(
        server.ask::<i64>(&["EXISTS", HASH]),
        0,
        "nothing was written"
    );
    put_back();
    // The register is lost and the record is not; or it has the name alone, as the first versions
    // wrote it. Every opening mends that.
    for existing in [Opening::Existing, Opening::OrCreate] {
        server.ask::<i64>(&["DEL", PREFIXES]);
        open(&url, &options(existing)).unwrap();
        assert_eq!(registered(), whole);
        server.ask::<i64>(&["HSET", PREFIXES, "AB", "default"]);
        open(&url, &options(existing)).unwrap();
        assert_eq!(registered(), whole);
    }
    assert_eq!(taken(&named("other", given(2, "AB"))), by_first);
    // Another one was faster: of the two, only that one is opened.
    server.ask::<i64>(&["DEL", PREFIXES]);
    let second = open(&url, &named("other", given(2, "AB"))).unwrap();
    let by_second = (
        "other".to_owned(),
        Some(second.series().fingerprint().to_string()),
    );
    assert_eq!(taken(&options(Opening::Existing)), by_second);
    open(&url, &named("other", options(Opening::Existing))).unwrap();
    // Neither form.
    server.ask::<i64>(&["HSET", PREFIXES, "AB", "Not A Name"]);
    let message = refusal(open(&url, &options(Opening::Existing)), &server);
    assert!(message.contains("none to what was asked"), "{message}");
}

/// A connection that breaks once the series was created: its own second attempt finds it.
#[test]
fn a_creation_whose_answer_is_lost_is_one() {
    use std::io::{Read, Write};
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let port = server.port();
    thread::spawn(move || {
        let mut lost = false;
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut request, mut answer) = ([0; 65_536], [0; 65_536]);
            while let Ok(count @ 1..) = client.read(&mut request) {
                server.write_all(&request[..count]).unwrap();
                let count = server.read(&mut answer).unwrap();
                let created = answer[..count].windows(7).any(|word| word == b"created");
                if created && !lost {
                    lost = true;
                    break;
                }
                client.write_all(&answer[..count]).unwrap();
            }
        }
    });
    let created = open(&url, &options(Opening::New)).unwrap();
    let stored: String = server.ask(&["HGET", HASH, "fingerprint"]);
    assert_eq!(created.series().fingerprint().to_string(), stored);
    // Of somebody else it is not.
    let again = open(&server.url(), &options(Opening::New));
    assert!(matches!(again, Err(OpenError::Exists { .. })), "{again:?}");
    let key = given(1, "AB");
    let mut restored = named("other", key.clone());
    restored.opening = Opening::New;
    open(&server.url(), &restored).unwrap();
    let again = open(&server.url(), &restored);
    assert!(matches!(again, Err(OpenError::Exists { .. })), "{again:?}");
}

#[test]
fn a_random_prefix_makes_way() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    // All prefixes but those that start with 0 are taken.
    let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for first in characters.chars().skip(18) {
        let mut words = vec!["HSET".to_owned(), "{tracking}:prefixes".to_owned()];
        for second in characters.chars() {
            for third in characters.chars() {
                words.push(format!("{first}{second}{third}"));
                words.push("else".to_owned());
            }
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        server.ask::<i64>(&words);
    }
    let created = open(&server.url(), &options(Opening::New)).unwrap();
    assert!(created.series().prefix().as_str() < "I");
}

#[test]
fn racing_creators_agree() {
    const RACERS: usize = 8;
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let (url, start) = (server.url(), Barrier::new(RACERS));
    let race = |options: &SeriesOptions| {
        thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        open(&url, options).map(|store| store.series().fingerprint())
                    })
                })
                .collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect::<Vec<_>>()
        })
    };
    let created = race(&options(Opening::New));
    assert_eq!(created.iter().flatten().count(), 1, "{created:?}");
    let restored = race(&named("other", given(9, "Q")));
    assert_eq!(restored.iter().flatten().count(), RACERS, "{restored:?}");
}

#[test]
fn clocks_must_agree_on_when_a_series_was_created() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let clock = ManualClock::at(SystemClock.now_ms() - 3_600_000);
    let opened = tracking_core::RedisAllocator::open_with_clock(
        &url(&server.url()),
        &options(Opening::New),
        std::sync::Arc::new(clock),
    );
    let message = refusal(opened, &server);
    assert!(
        message.starts_with("clock: redis+unix://SOCKET: the store's clock says"),
        "{message}"
    );
    assert_eq!(server.ask::<i64>(&["DBSIZE"]), 0);
}

#[test]
fn a_key_is_never_an_argument_of_a_reservation() {
    let Some(server) = RedisServer::start(&["--slowlog-log-slower-than", "0"]) else {
        return;
    };
    let allocator = create(&server.url());
    server.ask::<String>(&["SLOWLOG", "RESET"]);
    for _ in 0..3 {
        reserve(&allocator, 5).unwrap();
    }
    open(&server.url(), &options(Opening::Existing)).unwrap();
    let log: redis::Value = server.ask(&["SLOWLOG", "GET", "100"]);
    let log = format!("{log:?}");
    assert!(log.contains("EVALSHA"));
    assert!(!log.contains(&allocator.series().key().expose_hex()));
}

#[test]
fn a_snapshot_shows_the_timeline_and_changes_nothing() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    let block = reserve(&allocator, 1_000).unwrap();
    let before: Vec<String> = server.ask(&["HGETALL", HASH]);
    let snapshot = allocator.snapshot().unwrap();
    let timeline = snapshot.timeline.unwrap();
    assert_eq!(timeline.lane(), block.start().lane());
    assert_eq!(timeline.last_tick(timeline.lane()), block.start().tick());
    assert_eq!(timeline.slot(), block.last().slot() + 1);
    assert_eq!(timeline.history().as_str(), server.info("run_id"));
    assert!((snapshot.now_ms - SystemClock.now_ms()).abs() < 1_000);
    assert_eq!(server.ask::<Vec<String>>(&["HGETALL", HASH]), before);
}

#[test]
fn a_server_that_was_demoted_or_has_yet_to_notice_that_it_was_promoted() {
    let (Some(server), Some(other)) = (RedisServer::start(&[]), RedisServer::start(&[])) else {
        return;
    };
    let allocator = create(&server.url());
    let block = reserve(&allocator, 1).unwrap();
    let timeline = allocator.snapshot().unwrap().timeline.unwrap();
    assert!(timeline.doubt_tick() <= block.start().tick());
    // Promoted with the state of another: what that one granted last may be missing here.
    server.ask::<i64>(&["HSET", HASH, "history", "the-one-before"]);
    let snapshot = allocator.snapshot().unwrap();
    let fence_end_ms = snapshot.now_ms + 1_000;
    let doubt_ms = snapshot.timeline.unwrap().doubt_ms();
    assert!((fence_end_ms..=fence_end_ms + 10).contains(&doubt_ms));
    // Demoted, on the connection that was used before: it cannot know what its successor grants.
    let port = other.port().to_string();
    server.ask::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    let error = allocator.snapshot().unwrap_err().to_string();
    assert!(error.contains("is a read-only replica"), "{error}");
}
