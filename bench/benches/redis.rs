//! What one Redis gives to 1, 4 and 16 processes of one thread each:
//!
//!     cargo bench -p tracking-bench --bench redis [-- SECONDS]
//!
//! Once through generators with the default block of 65,536, which is how numbers are issued: the
//! share of the time that goes into reservations is what Redis costs. And once straight from the
//! allocator, 500 serials at a time, which no generator does: that is what Redis can serve.
//!
//! # What limits it
//! One series: 2^18 slots a tick of 10 ms, 26,214,400 numbers a second, whatever asks; so 400
//! reservations a second at the default block, and 52,428 of 500. A Redis that serves 30,000
//! reservations a second has room for 75 series that each issue all they can. Many series: that
//! Redis, whose one thread spends some 20 µs on each; their number and that of the processes cost
//! nothing by themselves.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops")]

use std::fmt;
use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tracking_core::{
    AllocateError, Allocator, Block, Generator, Opening, RedisAllocator, Series, SeriesOptions,
    StoreUrl, TrackingNumber, reserve_patiently,
};

#[path = "../../tracking-core/tests/support/redis/mod.rs"]
mod support;

use support::server::RedisServer;

/// Far below any block of a generator.
const SMALL: NonZeroU32 = NonZeroU32::new(500).expect("500 is not 0");
/// Set for a process that works: how, for how many milliseconds, and the store.
const VARIABLE: &str = "TRACKING_BENCH_REDIS";

fn main() {
    if let Ok(work) = std::env::var(VARIABLE) {
        let [how, ms, url] = work.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{work}")
        };
        return work_of(how, url, Duration::from_millis(ms.parse().expect("a time")));
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench -- --test` only tries whether it runs.
    let quick = arguments.iter().any(|argument| argument == "--test");
    let seconds = arguments.iter().find_map(|text| text.parse::<u64>().ok());
    let ms = if quick {
        200
    } else {
        seconds.unwrap_or(5) * 1_000
    };
    for (how, title) in [
        ("generator", "generators, blocks of 65,536"),
        ("allocator", "allocators, 500 at a time"),
    ] {
        println!("{title:<28}     numbers/s  reservations/s  time in them  a Redis CPU  each");
        for processes in [1, 4, 16] {
            let Some(server) = RedisServer::start(&[]) else {
                return;
            };
            let row = run(&server, how, processes, Duration::from_millis(ms));
            println!("{processes:>2} processes                 {row}");
        }
    }
}

/// What the processes did, added up.
#[derive(Default)]
struct Row {
    numbers: f64,
    reservations: f64,
    /// Of all processes' time, that spent in reservations.
    share: f64,
    /// Of one processor.
    redis: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>14.0} {:>15.0} {:>11.2} % {:>10.2} % {:>3.0} µs",
            self.numbers,
            self.reservations,
            self.share * 100.0,
            self.redis * 100.0,
            self.redis / self.reservations * 1e6,
        )
    }
}

fn run(server: &RedisServer, how: &str, processes: u32, time: Duration) -> Row {
    // A series past its fence.
    let allocator = open(&server.url(), Opening::New);
    reserve_patiently(&allocator, SMALL, Duration::from_secs(5)).expect("a reservation");
    let program = std::env::current_exe().expect("this program");
    let (before, start) = (cpu(server), Instant::now());
    let children: Vec<_> = (0..processes)
        .map(|_| {
            let work = format!("{how} {} {}", time.as_millis(), server.url());
            let mut command = Command::new(&program);
            command.env(VARIABLE, work).stdout(Stdio::piped());
            command.spawn().expect("another process")
        })
        .collect();
    let mut row = Row::default();
    for child in children {
        let output = child.wait_with_output().expect("a process that ends");
        let text = String::from_utf8_lossy(&output.stdout);
        let values: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
        let [numbers, reservations, share] = values[..] else {
            panic!("{text}")
        };
        row.numbers += numbers;
        row.reservations += reservations;
        row.share += share / f64::from(processes);
    }
    row.redis = (cpu(server) - before).as_secs_f64() / start.elapsed().as_secs_f64();
    row
}

/// The time that a Redis' threads have run, from the kernel's accounts.
fn cpu(server: &RedisServer) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", server.id())).expect("a process");
    let ran = tasks.map(|task| {
        let path = task.expect("a thread").path().join("schedstat");
        let text = std::fs::read_to_string(path).expect("the kernel's accounts");
        let ns = text.split(' ').next().map(str::parse::<u64>);
        ns.expect("a number").expect("a number")
    });
    Duration::from_nanos(ran.sum())
}

/// One process: prints numbers a second, reservations a second, and the share of time in them.
fn work_of(how: &str, url: &str, time: Duration) {
    let spent = Arc::new(Spent::default());
    let allocator = Timed {
        allocator: open(url, Opening::Existing),
        spent: Arc::clone(&spent),
    };
    let mut count = 0;
    let start;
    if how == "generator" {
        let generator = Generator::new(allocator);
        let mut numbers = vec![TrackingNumber::BLANK; 1_024];
        generator.fill(&mut numbers).expect("numbers");
        start = Instant::now();
        while start.elapsed() < time {
            generator.fill(&mut numbers).expect("numbers");
            count += numbers.len() as u64;
        }
    } else {
        start = Instant::now();
        while start.elapsed() < time {
            match allocator.reserve(SMALL) {
                Ok(block) => count += u64::from(block.length().get()),
                // The tick's slots are used up.
                Err(AllocateError::NotYet { after }) => std::thread::sleep(after),
                Err(error) => panic!("{error}"),
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    // Counters to be shown: nothing is ordered by them.
    let (granted, ns) = (
        spent.granted.load(Ordering::Relaxed),
        spent.ns.load(Ordering::Relaxed),
    );
    println!(
        "{} {} {}",
        count as f64 / seconds,
        granted as f64 / seconds,
        ns as f64 / 1e9 / seconds
    );
}

#[derive(Debug, Default)]
struct Spent {
    granted: AtomicU64,
    ns: AtomicU64,
}

/// An allocator that counts what it grants, and the time that this takes.
#[derive(Debug)]
struct Timed {
    allocator: RedisAllocator,
    spent: Arc<Spent>,
}

impl Allocator for Timed {
    fn series(&self) -> &Series {
        self.allocator.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let start = Instant::now();
        let answer = self.allocator.reserve(wanted);
        let ns = start.elapsed().as_nanos() as u64;
        self.spent.ns.fetch_add(ns, Ordering::Relaxed);
        let granted = u64::from(answer.is_ok());
        self.spent.granted.fetch_add(granted, Ordering::Relaxed);
        answer
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.allocator.fmt(f)
    }
}

fn open(url: &str, opening: Opening) -> RedisAllocator {
    let mut options = SeriesOptions::default();
    options.opening = opening;
    match url.parse() {
        Ok(StoreUrl::Redis(url)) => RedisAllocator::open(&url, &options).expect("a series"),
        other => panic!("{url}: {other:?}"),
    }
}
