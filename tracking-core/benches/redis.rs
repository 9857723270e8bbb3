//! How many reservations one Redis serves, from 1, 4 and 16 processes of one thread each.
//!
//!     cargo bench -p tracking-core --features redis --bench redis
//!
//! Each process reserves 500 serials at a time, which no generator does: it takes 65,536. All of
//! them share one series, and so its 2^18 slots a tick: 52,428 reservations of 500 a second at
//! most. A line for each number of processes: reservations a second, serials a second, how long one
//! takes from a caller's view, and how much of a processor Redis used.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops")]

use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tracking_core::{
    AllocateError, Allocator, Opening, RedisAllocator, SeriesOptions, StoreUrl, reserve_patiently,
};

#[path = "../tests/support/redis/mod.rs"]
mod support;

use support::server::RedisServer;

const WANTED: NonZeroU32 = NonZeroU32::new(500).expect("500 is not 0");
/// Set for a process that reserves: the store, and for how many milliseconds.
const VARIABLE: &str = "TRACKING_BENCH_REDIS";

fn main() {
    if let Ok(work) = std::env::var(VARIABLE) {
        let (ms, url) = work.split_once(' ').expect("a time and a URL");
        return reserve(url, Duration::from_millis(ms.parse().expect("a time")));
    }
    // `cargo bench -- --test` only tries whether it runs.
    let quick = std::env::args().any(|argument| argument == "--test");
    let time = Duration::from_millis(if quick { 200 } else { 5_000 });
    for processes in [1, 4, 16] {
        let Some(server) = RedisServer::start(&[]) else {
            return;
        };
        run(&server, processes, time);
    }
}

fn run(server: &RedisServer, processes: u32, time: Duration) {
    let allocator = open(&server.url(), Opening::New);
    reserve_patiently(&allocator, WANTED, Duration::from_secs(5)).expect("a reservation");
    let program = std::env::current_exe().expect("this program");
    let used = || -> f64 {
        let field = |name| server.info(name).parse::<f64>().expect("a number");
        field("used_cpu_sys") + field("used_cpu_user")
    };
    let (before, start) = (used(), Instant::now());
    let children: Vec<_> = (0..processes)
        .map(|_| {
            Command::new(&program)
                .env(VARIABLE, format!("{} {}", time.as_millis(), server.url()))
                .stdout(Stdio::piped())
                .spawn()
                .expect("another process")
        })
        .collect();
    let reservations: u64 = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().expect("a process that ends");
            let text = String::from_utf8_lossy(&output.stdout);
            text.trim().parse::<u64>().expect("a number")
        })
        .sum();
    let (elapsed, cpu) = (start.elapsed(), used() - before);
    let rate = reservations as f64 / time.as_secs_f64();
    println!(
        "{processes:>2} processes: {rate:>7.0} reservations/s, {:>11.0} serials/s, {:>4.0} µs each, Redis {:>3.0} % of a processor, {:>4.1} µs each",
        rate * f64::from(WANTED.get()),
        f64::from(processes) / rate * 1e6,
        cpu / elapsed.as_secs_f64() * 100.0,
        cpu / reservations as f64 * 1e6,
    );
}

/// Reserve for a time, and print how often that went well.
fn reserve(url: &str, time: Duration) {
    let allocator = open(url, Opening::Existing);
    let start = Instant::now();
    let mut reservations = 0u64;
    while start.elapsed() < time {
        match allocator.reserve(WANTED) {
            Ok(_) => reservations += 1,
            // The tick's slots are used up.
            Err(AllocateError::NotYet { after }) => std::thread::sleep(after),
            Err(error) => panic!("{error}"),
        }
    }
    println!("{reservations}");
}

fn open(url: &str, opening: Opening) -> RedisAllocator {
    let mut options = SeriesOptions::default();
    options.opening = opening;
    match url.parse() {
        Ok(StoreUrl::Redis(url)) => RedisAllocator::open(&url, &options).expect("a series"),
        other => panic!("{url}: {other:?}"),
    }
}
