//! Numbers that the server records before it answers, beside what the disk allows and beside the server without a
//! ledger, in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin ledger [ROUNDS [REQUESTS]]`
//!
//! 64 keep-alive connections ask for one number after the other. The disk's share is a bare write of a page and
//! `fdatasync`, one after the other, beside the same folder: at best each of them records one number for every
//! connection. With TRACKING_BENCH_LEDGER it is that ledger, such as `mysql://root@127.0.0.1:3306/bench`, instead of
//! a file. With TRACKING_BENCH_BESIDE, an address, the server there is asked in turn with it, a 32nd as often:
//! `bench/django/run` starts a Django service for that.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tracking_bench::Failure;
use tracking_bench::served::{Served, argument, ask, show};

const REQUEST: &str = "GET /next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200 HTTP/1.1\r\nHost: localhost\r\n\r\n";
const CONNECTIONS: usize = 64;

/// What a round found.
struct Round {
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

fn main() -> Result<(), Failure> {
    let (rounds, requests) = (argument(0, 7)?, argument(1, 64_000)?);
    let folder = tempfile::tempdir()?;
    let ledger = match std::env::var("TRACKING_BENCH_LEDGER") {
        Ok(url) => url,
        Err(_) => format!("sqlite:{}", folder.path().join("ledger.db").display()),
    };
    let quiet = [("RUST_LOG", "off")];
    let recorded = Served::tracking_http(&["--ledger", &ledger], &quiet)?;
    let bare = Served::tracking_http(&[], &quiet)?;
    let beside: Option<SocketAddr> = match std::env::var("TRACKING_BENCH_BESIDE") {
        Ok(address) => Some(address.parse()?),
        Err(_) => None,
    };
    let (mut with, mut without, mut syncs) = (Vec::new(), Vec::new(), Vec::new());
    let mut others = Vec::new();
    // The first round warms them up.
    for round in 0..=rounds {
        let found = (
            load(recorded.address, requests)?,
            load(bare.address, requests)?,
            syncs_per_second(folder.path())?,
        );
        if round > 0 {
            with.push(found.0);
            without.push(found.1);
            syncs.push(found.2);
            if let Some(beside) = beside {
                others.push(load(beside, requests / 32)?);
            }
        }
    }
    println!("{rounds} rounds of {requests} requests by {CONNECTIONS} connections");
    println!("{:<48} {:>8} {:>8} {:>8}", "", "least", "median", "most");
    let column = |rounds: &[Round], value: fn(&Round) -> f64| rounds.iter().map(value).collect();
    show(
        "recorded and answered, a second",
        column(&with, |it| it.per_second),
    );
    show("  p50, ms", column(&with, |it| it.p50_ms));
    show("  p99, ms", column(&with, |it| it.p99_ms));
    show(
        "without a ledger, a second",
        column(&without, |it| it.per_second),
    );
    show("  p99, ms", column(&without, |it| it.p99_ms));
    let ratio = with.iter().zip(&without);
    show(
        "with a ledger, times without",
        ratio
            .map(|(with, without)| with.per_second / without.per_second)
            .collect(),
    );
    let ceiling = with.iter().zip(&syncs);
    show("writes of a page and fdatasync, a second", syncs.clone());
    show(
        "recorded, times 64 numbers for each of those",
        ceiling
            .map(|(with, syncs)| with.per_second / (syncs * CONNECTIONS as f64))
            .collect(),
    );
    if !others.is_empty() {
        show(
            "the other server, a second",
            column(&others, |it| it.per_second),
        );
        show("  p99, ms", column(&others, |it| it.p99_ms));
        let ratio = with.iter().zip(&others);
        show(
            "recorded, times the other server's",
            ratio
                .map(|(with, other)| with.per_second / other.per_second)
                .collect(),
        );
    }
    Ok(())
}

/// Ask for so many numbers, over all connections.
fn load(server: SocketAddr, requests: usize) -> Result<Round, Failure> {
    let each = requests / CONNECTIONS;
    let began = Instant::now();
    let mut waited = thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(|| {
                    let mut waited = Vec::with_capacity(each);
                    ask(server, REQUEST, each, |took| waited.push(took))?;
                    Ok::<_, Failure>(waited)
                })
            })
            .collect();
        let mut all: Vec<Duration> = Vec::with_capacity(requests);
        for client in clients {
            all.extend(client.join().map_err(|_| "a client panicked")??);
        }
        Ok::<_, Failure>(all)
    })?;
    let per_second = waited.len() as f64 / began.elapsed().as_secs_f64();
    waited.sort_unstable();
    let at = |part: f64| waited[(waited.len() as f64 * part) as usize].as_secs_f64() * 1e3;
    Ok(Round {
        per_second,
        p50_ms: at(0.50),
        p99_ms: at(0.99),
    })
}

/// How often a page can be written and brought to the disk, one after the other.
fn syncs_per_second(folder: &Path) -> Result<f64, Failure> {
    const TIMES: u32 = 300;
    let file = File::create(folder.join("page"))?;
    let page = [7; 4096];
    let began = Instant::now();
    for time in 0..TIMES {
        file.write_all_at(&page, u64::from(time % 64) * 4096)?;
        file.sync_data()?;
    }
    Ok(f64::from(TIMES) / began.elapsed().as_secs_f64())
}
