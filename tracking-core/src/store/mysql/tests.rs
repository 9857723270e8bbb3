//! The statement that writes, with a rule of it taken out: each time that must show on a real server.

#[path = "../../../tests/support/mysql/mod.rs"]
mod support;

use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::number::serial::Block;
use crate::series::opening::Opening;
use crate::store::allocator::{OpenStore, reserve_patiently};
use crate::store::timeline::History;
use support::server::MySqlServer;
use table::SWAP;

const WITHOUT_NONCE: &str = "UPDATE tracking_series SET nonce = :fresh, timeline = :timeline \
    WHERE name = :name AND :nonce = :nonce AND {identity} = :history";
const WITHOUT_SERVER: &str = "UPDATE tracking_series SET nonce = :fresh, timeline = :timeline \
    WHERE name = :name AND nonce = :nonce AND :history = :history";

fn options(opening: Opening) -> SeriesOptions {
    SeriesOptions::default().opening(opening)
}

/// A handle of a series, which writes with this statement.
fn handle(url: &str, swap: &'static str) -> MySqlAllocator {
    let url = url.parse().unwrap();
    let mut store = open::open(
        &url,
        &options(Opening::Existing),
        Arc::new(SystemClock),
        None,
    )
    .unwrap();
    store.swap = swap;
    let series = store.series.clone();
    MySqlAllocator::over(store, series)
}

fn reserve(allocator: &MySqlAllocator) -> Block {
    let wanted = NonZeroU32::new(100).unwrap();
    reserve_patiently(allocator, wanted, Duration::from_secs(5)).unwrap()
}

/// How many blocks were granted that another has a part of, by four who race.
fn repeats(url: &str, swap: &'static str, rounds: usize) -> usize {
    let mut blocks: Vec<Block> = thread::scope(|scope| {
        let racers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let allocator = handle(url, swap);
                    let blocks = (0..rounds).map(|_| reserve(&allocator));
                    blocks.collect::<Vec<_>>()
                })
            })
            .collect();
        let granted = racers.into_iter().flat_map(|racer| racer.join().unwrap());
        granted.collect()
    });
    blocks.sort_unstable_by_key(Block::start);
    let overlaps = |pair: &&[Block]| pair[0].last() >= pair[1].start();
    blocks.windows(2).filter(overlaps).count()
}

#[test]
fn without_the_nonce_serials_are_granted_twice() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = MySqlAllocator::open(&url.parse().unwrap(), &options(Opening::New)).unwrap();
    reserve(&first);
    assert_eq!(repeats(&url, SWAP, 100), 0);
    let start = Instant::now();
    while repeats(&url, WITHOUT_NONCE, 50) == 0 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "nobody noticed that the nonce is not asked for"
        );
    }
}

/// As behind a proxy that sends what is read to one server, and what is written to another.
#[test]
fn what_was_read_elsewhere_is_not_written() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = MySqlAllocator::open(&url.parse().unwrap(), &options(Opening::New)).unwrap();
    // Past the fence that all lanes are born with.
    let born = reserve(&first).start().tick();
    support::server::until("a later tick", || reserve(&first).start().tick() > born);
    let state = || first.snapshot().unwrap().timeline.unwrap();
    for (swap, stored) in [(SWAP, false), (WITHOUT_SERVER, true)] {
        let store = first.store();
        let mut call = store.client.call().unwrap();
        let table = store.table();
        let reading = call.look(move |c| table.read(c, false)).unwrap();
        let (table, other, timeline) = (store.table(), elsewhere(), state_after(&reading));
        let nonce = reading.row.unwrap().nonce;
        let answer = call.write(move |c| table.swap(c, swap, &nonce, &other, &timeline));
        drop(call);
        assert_eq!(answer.unwrap(), stored);
        assert_eq!(*state().history() == elsewhere(), stored);
    }
}

fn elsewhere() -> History {
    History::new("another-server").unwrap()
}

/// The state that a reservation on another server would leave.
fn state_after(reading: &table::Reading) -> crate::store::timeline::Timeline {
    use crate::store::timeline::{Request, step};
    let mut state = reading.row.as_ref().unwrap().timeline.clone();
    let elsewhere = elsewhere();
    let request = Request::local(reading.store_ms, &elsewhere, NonZeroU32::MIN);
    step(&mut state, &request).unwrap();
    state.unwrap()
}

/// Others are always faster: that ends with the time-out, and is told.
#[test]
fn who_is_outrun_is_told() {
    const NEVER: &str = "UPDATE tracking_series SET nonce = :fresh, timeline = :timeline \
        WHERE name = :name AND nonce = :nonce AND {identity} = :history AND 1 = 0";
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let first = MySqlAllocator::open(&url.parse().unwrap(), &options(Opening::New)).unwrap();
    reserve(&first);
    let outrun = handle(&format!("{url}?timeout_ms=1000"), NEVER);
    // The time may also be up while a statement is under way: then that has no answer.
    support::server::until("outrun", || {
        let start = Instant::now();
        let error = outrun.reserve(NonZeroU32::MIN).unwrap_err();
        assert_eq!(error.kind(), "unavailable", "{error}");
        assert!(start.elapsed() < Duration::from_secs(5));
        let text = error.to_string();
        text.contains(": others changed the series' row first, ")
            && text.contains(" times within 1000 ms; ")
    });
}
