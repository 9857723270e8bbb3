//! A client: a process that issues all the time, until its standard input ends.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rand::RngExt;
use tracking_core::{
    AllocateError, Allocator, Block, Clock, Generator, OpenError, Opening, RedisAllocator, Serial,
    Series, SeriesOptions, StoreUrl, SystemClock, TrackingNumber, Verdict,
};

use super::how::How;
use super::output::{Issued, Output};
use super::scripted::Scripted;

const STORE: &str = "TRACKING_TEST_CAMPAIGN";
const OUTPUT: &str = "TRACKING_TEST_CAMPAIGN_OUTPUT";
const HOW: &str = "TRACKING_TEST_CAMPAIGN_HOW";

/// Between two reservations: short, so that each tick has some, and long enough for a machine
/// of two processors.
const PACE: Duration = Duration::from_millis(1);
/// A client asks again sooner than it is told to, so that what should wait is tried.
const IMPATIENCE: Duration = Duration::from_millis(10);

/// The command that starts one.
pub(crate) fn command(how: &How, url: &str, output: &Path) -> std::process::Command {
    let mut command = super::support::child("client::issuing", STORE, Path::new(url));
    command.env(OUTPUT, output).env(HOW, how.to_string());
    command
}

/// The client itself.
#[test]
fn issuing() {
    let Ok(url) = std::env::var(STORE) else {
        return;
    };
    let how: How = std::env::var(HOW).unwrap().parse().unwrap();
    let mut output = Output::open(Path::new(&std::env::var_os(OUTPUT).unwrap()));
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    thread::spawn(move || {
        // It ends with whoever started it. The flag guards nothing, so any ordering will do.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        stop.store(true, Ordering::Relaxed);
    });
    let going_on = || !stopped.load(Ordering::Relaxed);
    match how {
        How::Blocks => {
            let Some(allocator) = open_patiently(&url, &mut output, going_on) else {
                return;
            };
            blocks(output, going_on, |wanted| allocator.reserve(wanted));
        }
        How::Script { path, reuse } => {
            let text = std::fs::read_to_string(path).unwrap();
            let mut scripted = Scripted::new(&url, text, reuse);
            blocks(output, going_on, |wanted| scripted.reserve(wanted));
        }
        How::Numbers {
            rate,
            block_size,
            max_age_ms,
        } => {
            let Some(allocator) = open_patiently(&url, &mut output, going_on) else {
                return;
            };
            let generator = Generator::builder()
                .block_size(NonZeroU32::new(block_size).unwrap())
                .block_max_age(Duration::from_millis(max_age_ms))
                .deadline(DEADLINE)
                .build(allocator);
            numbers(output, going_on, &generator, rate);
        }
    }
}

/// How long a call of a client's generator may wait.
pub(crate) const DEADLINE: Duration = Duration::from_millis(400);

/// The series of a store as clients open it, or as it is created.
pub(crate) fn open(url: &str, opening: Opening) -> Result<RedisAllocator, OpenError> {
    let mut options = SeriesOptions::default();
    options.opening = opening;
    match url.parse() {
        Ok(StoreUrl::Redis(url)) => RedisAllocator::open(&url, &options),
        other => panic!("{url}: {other:?}"),
    }
}

/// A replica that will be promoted can be opened only then.
fn open_patiently(
    url: &str,
    output: &mut Output,
    going_on: impl Fn() -> bool,
) -> Option<RedisAllocator> {
    while going_on() {
        let start = Instant::now();
        match open(url, Opening::Existing) {
            Ok(allocator) => return Some(allocator),
            Err(error) => output.fail(&error.to_string(), start.elapsed()),
        }
        thread::sleep(IMPATIENCE);
    }
    None
}

fn blocks(
    mut output: Output,
    going_on: impl Fn() -> bool,
    mut reserve: impl FnMut(NonZeroU32) -> Result<Block, AllocateError>,
) {
    let mut random = rand::rng();
    while going_on() {
        let wanted: u32 = random.random_range(1..=64);
        let (asked_ms, start) = (SystemClock.now_ms(), Instant::now());
        match reserve(NonZeroU32::new(wanted).unwrap()) {
            Ok(block) => {
                output.issue(&[Issued::new(block, wanted, asked_ms, start.elapsed())]);
                thread::sleep(PACE);
            }
            Err(AllocateError::NotYet { after }) => thread::sleep(after.min(IMPATIENCE)),
            Err(error) => {
                output.fail(&error.to_string(), start.elapsed());
                thread::sleep(IMPATIENCE);
            }
        }
    }
}

fn numbers(mut output: Output, going_on: impl Fn() -> bool, generator: &Generator, rate: u32) {
    let of = generator.series();
    // Created before all clocks of the campaign, so that it knows the numbers of a clock that went
    // back to before the series was created.
    let reader = Series::new(
        of.name().clone(),
        of.prefix(),
        of.key().clone(),
        Serial::EPOCH_MS,
    );
    let start = Instant::now();
    let mut count = 0;
    while going_on() {
        // What is due since the last time; what errors cost is not caught up with.
        let due = (start.elapsed().as_secs_f64() * f64::from(rate)) as u64;
        let batch = due.saturating_sub(count).min(u64::from(rate) / 20);
        count = due;
        let mut issued = Vec::new();
        for _ in 0..batch {
            let asked = Instant::now();
            match generator.next() {
                Ok(number) => issued.push(record(&reader, number, asked.elapsed())),
                Err(error) => {
                    output.fail(&error.to_string(), asked.elapsed());
                    break;
                }
            }
        }
        output.issue(&issued);
        thread::sleep(PACE);
    }
}

/// A number as the block of one serial that it came from. The map is one to one.
fn record(reader: &Series, number: TrackingNumber, took: Duration) -> Issued {
    let end_of_time = i64::MAX / 2;
    match reader.judge(&number, end_of_time, None) {
        Verdict::Belongs(serial) => {
            let block = Block::new(serial, NonZeroU32::MIN).unwrap();
            Issued::new(block, 1, 0, took)
        }
        refused => panic!("{number}: {refused:?}"),
    }
}
