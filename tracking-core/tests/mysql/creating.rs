//! Many who create a series at once, and creations that are cut short.

use std::sync::Barrier;
use std::thread;

use tracking_core::{Allocator, OpenError, OpenStore, Opening, SeriesOptions};

use crate::common::*;
use crate::support::proxy::Proxy;
use crate::support::server::MySqlServer;

const RACERS: usize = 10;

#[test]
fn of_ten_creators_at_once_one_wins() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let race = |options: &SeriesOptions| {
        let (url, start) = (server.database(), Barrier::new(RACERS));
        thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        open(&url, options)
                    })
                })
                .collect();
            let opened = racers.into_iter().map(|racer| racer.join().unwrap());
            opened.collect::<Vec<_>>()
        })
    };
    // Told to make it: whoever is late is told that it is there.
    let (won, lost): (Vec<_>, Vec<_>) = race(&options(Opening::New))
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, RACERS - 1), "{lost:?}");
    let winner = won[0].as_ref().unwrap().series().fingerprint();
    for lost in lost {
        match lost {
            Err(OpenError::Exists { fingerprint, .. }) => assert_eq!(fingerprint, winner),
            other => panic!("{other:?}"),
        }
    }
    // With one key: all have the same series, and one of them made it.
    let opened: Vec<_> = race(&given(1, "AB"))
        .into_iter()
        .map(|racer| racer.unwrap())
        .collect();
    assert_eq!(opened.iter().filter(|store| store.is_new()).count(), 1);
    let mut blocks: Vec<_> = opened
        .iter()
        .map(|store| reserve(store, 100).unwrap().start())
        .collect();
    blocks.sort_unstable();
    blocks.dedup();
    assert_eq!(blocks.len(), RACERS);
}

/// A connection that breaks once the series was created: the one that made it finds it.
#[test]
fn a_creation_whose_answer_is_lost_is_one() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let proxy = Proxy::start(server.port());
    let through = url.replace(&server.port().to_string(), &proxy.port().to_string());
    proxy.cut(1);
    let created = open(&through, &options(Opening::New)).unwrap();
    assert_eq!(proxy.cut_so_far(), 1);
    assert!(created.is_new());
    let stored = open(&url, &options(Opening::Existing)).unwrap();
    assert_eq!(
        created.series().fingerprint(),
        stored.series().fingerprint()
    );
    // Of somebody else it is not.
    let again = open(&url, &options(Opening::New));
    assert!(matches!(again, Err(OpenError::Exists { .. })), "{again:?}");
}

#[test]
fn a_random_prefix_makes_way() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = open(&url, &named("first", options(Opening::New))).unwrap();
    assert_eq!(first.series().prefix().as_str().len(), 3);
    // All prefixes but those that start with 0 to H are taken.
    let (_, database) = url.rsplit_once('/').unwrap();
    let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for first in characters.chars().skip(18) {
        let mut rows = Vec::new();
        for second in characters.chars() {
            for third in characters.chars() {
                let prefix = format!("{first}{second}{third}");
                let name = prefix.to_lowercase();
                rows.push(format!("('{name}', 1, '{prefix}', '', '', '', '')"));
            }
        }
        let rows = rows.join(", ");
        server.run(&format!(
            "INSERT IGNORE INTO {database}.tracking_series \
             (name, version, prefix, series_key, created_at, fingerprint, nonce) VALUES {rows}"
        ));
    }
    for name in ["a-1", "a-2", "a-3"] {
        let created = open(&url, &named(name, options(Opening::New))).unwrap();
        assert!(created.series().prefix().as_str() < "I");
    }
}
