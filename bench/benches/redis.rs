//! What one Redis gives to 1, 4 and 16 processes of one thread each:
//!
//!     cargo bench -p tracking-bench --bench redis [-- SECONDS]
//!
//! Through generators with the default block of 65,536, one number or 1,024 numbers a call, which
//! is how numbers are issued: the share of CPU time that goes into reservations, all attempts
//! included, is what Redis costs; callers do not even wait for it. And straight from the allocator, 500 serials at a time, which no generator does: that is what Redis
//! can serve.
//!
//! # What limits it
//! One series: 2^18 slots a tick of 10 ms, 26,214,400 numbers a second, whatever asks; so 400
//! reservations a second at the default block, and 52,428 of 500. Who asks for more is told "not
//! yet" until the next tick. Many series: Redis, whose one thread spends some 25 µs on each
//! reservation. At 30,000 of them a second there is room for 75 series that each issue all they
//! can, by blocks of 65,536; a series that issues 20,000 numbers a second takes one reservation in
//! three seconds.
#![allow(clippy::expect_used, reason = "a benchmark that cannot run stops")]

use std::fmt;
use std::num::NonZeroU32;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tracking_core::store::reserve_patiently;
use tracking_core::{
    AllocateError, Allocator, Block, Generator, Opening, RedisAllocator, Series, SeriesOptions,
    StoreUrl, TrackingNumber,
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
        ("next", "Generator::next"),
        ("fill", "Generator::fill"),
        ("reserve", "reserve(500)"),
    ] {
        println!("{title:<16}     numbers/s  reservations/s  of their CPU     Redis' CPU");
        for processes in [1, 4, 16] {
            let Some(server) = RedisServer::start(&[]) else {
                return;
            };
            let row = run(&server, how, processes, Duration::from_millis(ms));
            println!("{processes:>2} processes     {row}");
        }
    }
}

/// What the processes did, added up.
#[derive(Default)]
struct Row {
    numbers: f64,
    reservations: f64,
    /// Of all processes' CPU time, that spent on reservations.
    share: f64,
    /// Of one processor.
    redis: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>14.0} {:>15.0} {:>11.2} % {:>7.2} %, {:>3.0} µs each",
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

/// CPU time of this thread or process. On a machine that others use too, it tells more than time.
fn ran(clock: ClockId) -> Duration {
    let ran = clock_gettime(clock);
    Duration::new(ran.tv_sec as u64, ran.tv_nsec as u32)
}

/// One process: prints numbers a second, reservations a second, and their share of CPU time.
fn work_of(how: &str, url: &str, time: Duration) {
    let spent = Arc::new(Spent::default());
    let allocator = Timed {
        allocator: open(url, Opening::Existing),
        spent: Arc::clone(&spent),
    };
    let mut count = 0;
    let mut numbers = vec![TrackingNumber::BLANK; 1_024];
    let (start, cpu);
    if how == "reserve" {
        (start, cpu) = (Instant::now(), ran(ClockId::ProcessCPUTime));
        while start.elapsed() < time {
            match allocator.reserve(SMALL) {
                Ok(block) => count += u64::from(block.length().get()),
                // The tick's slots are used up.
                Err(AllocateError::NotYet { after }) => std::thread::sleep(after),
                Err(error) => panic!("{error}"),
            }
        }
    } else {
        let generator = Generator::new(allocator);
        generator.next().expect("a number");
        (start, cpu) = (Instant::now(), ran(ClockId::ProcessCPUTime));
        while start.elapsed() < time {
            if how == "fill" {
                generator.fill(&mut numbers).expect("numbers");
            } else {
                numbers.fill_with(|| generator.next().expect("a number"));
            }
            count += numbers.len() as u64;
        }
    }
    let cpu = ran(ClockId::ProcessCPUTime) - cpu;
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
        ns as f64 / 1e9 / cpu.as_secs_f64()
    );
}

#[derive(Debug, Default)]
struct Spent {
    granted: AtomicU64,
    ns: AtomicU64,
}

/// An allocator that counts what it grants, and the CPU time that this takes.
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
        let start = ran(ClockId::ThreadCPUTime);
        let answer = self.allocator.reserve(wanted);
        let ns = (ran(ClockId::ThreadCPUTime) - start).as_nanos() as u64;
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
