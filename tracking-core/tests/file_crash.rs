//! Eight processes take numbers from one state file, and are killed again and again.
//!
//! A tenth of the counts, unless TRACKING_PROVE is set: then 8 x 200,000 numbers and 200 kills.
//! Which process is killed, and when, follows from the printed seed, or from TRACKING_SEED.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::{Allocator, Serial, TrackingNumber};
use tracking_test_support::lock_holder;

mod support;

use support::{Guard, open, reserve};

const PROCESSES: usize = 8;
/// Small, so that there are many reservations to die in, of which there are 100 a second.
const BLOCK: u32 = 128;
const STORE: &str = "TRACKING_TEST_CRASH";
const OUTPUT: &str = "TRACKING_TEST_CRASH_OUTPUT";
const NUMBERS: &str = "TRACKING_TEST_CRASH_NUMBERS";

struct Counts {
    numbers_of_each: usize,
    kills: usize,
}

impl Counts {
    fn of_this_run() -> Self {
        let part = if std::env::var_os("TRACKING_PROVE").is_some() {
            1
        } else {
            10
        };
        Self {
            numbers_of_each: 200_000 / part,
            kills: 200 / part,
        }
    }
}

/// The child: takes blocks, and issues their numbers by one `write` a block: a line each, behind
/// a line with the block's length.
#[test]
fn taking() {
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let left: usize = std::env::var(NUMBERS).unwrap().parse().unwrap();
    let allocator = open(Path::new(&path)).unwrap();
    let output = std::env::var_os(OUTPUT).unwrap();
    let mut output = OpenOptions::new().append(true).open(output).unwrap();
    let placeholder: TrackingNumber = "0".parse().unwrap();
    let mut numbers = [placeholder; BLOCK as usize];
    let mut issued = 0;
    while issued < left {
        let block = reserve(&allocator, BLOCK).unwrap();
        let length = block.length().get() as usize;
        allocator.series().encode_block(block, &mut numbers);
        let mut text = format!("={length}\n");
        for number in &numbers[..length] {
            text.push_str(number.as_str());
            text.push('\n');
        }
        output.write_all(text.as_bytes()).unwrap();
        issued += length;
    }
}

/// What one process, and those that went on in its place, issued.
struct Output {
    path: PathBuf,
    file: File,
    text: Vec<u8>,
    lines: usize,
    heads: usize,
}

/// What an output adds up to.
#[derive(Default)]
struct Sum {
    numbers: Vec<[u8; 16]>,
    blocks: u64,
    /// Serials of the blocks that a kill cut short.
    lost: u64,
}

impl Output {
    fn new(path: PathBuf) -> Self {
        File::create(&path).unwrap();
        Self {
            file: File::open(&path).unwrap(),
            path,
            text: Vec::new(),
            lines: 0,
            heads: 0,
        }
    }

    /// How many numbers it has by now.
    fn count(&mut self) -> usize {
        let read = self.file.read_to_end(&mut self.text).unwrap();
        let new = &self.text[self.text.len() - read..];
        let all = |byte| new.iter().filter(|&&b| b == byte).count();
        let (lines, heads) = (all(b'\n'), all(b'='));
        self.lines += lines;
        self.heads += heads;
        self.lines.saturating_sub(self.heads)
    }

    fn add_to(&mut self, sum: &mut Sum) {
        self.count();
        let mut awaited = 0;
        // A kill in the middle of a write may leave a line without its end, and the next process
        // goes on behind it.
        for line in self.text.split(|&byte| byte == b'\n') {
            let mut parts = line.split(|&byte| byte == b'=');
            if let Some(Ok(number)) = parts.next().map(TryInto::try_into) {
                sum.numbers.push(number);
                awaited -= 1;
            }
            if let Some(length) = parts.next_back() {
                sum.lost += awaited;
                awaited = std::str::from_utf8(length).unwrap().parse().unwrap();
                sum.blocks += 1;
            }
        }
        sum.lost += awaited;
    }
}

/// Return when a tick has just begun, as whoever has the lock does.
fn wait_for_a_tick() {
    let tick_us = u64::from(u32::try_from(Serial::TICK_MS * 1000).unwrap());
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let passed_us = now.as_micros() as u64 % tick_us;
    std::thread::sleep(Duration::from_micros(tick_us - passed_us));
}

/// Return as soon as the file has changed, or after a while.
fn wait_for_a_write(path: &Path) {
    let file = File::open(path).unwrap();
    let read = || {
        let mut bytes = [0; 8192];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    };
    let (before, began) = (read(), std::time::Instant::now());
    while read() == before && began.elapsed() < Duration::from_millis(100) {}
}

/// How often the file was written since it was made.
fn writes(path: &Path) -> u64 {
    let text = std::fs::read_to_string(path).unwrap();
    let generation = |line: &str| {
        let (_, rest) = line.split_once(r#""generation":"#).unwrap();
        rest.split_once(',').unwrap().0.parse::<u64>().unwrap()
    };
    text.lines().map(generation).max().unwrap() - 2
}

#[test]
fn killed_processes_repeat_nothing_and_lose_no_more_than_they_held() {
    let counts = Counts::of_this_run();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    // Three characters, so that each number has all of 16.
    assert_eq!(open(&path).unwrap().series().prefix().as_str().len(), 3);
    let seed = std::env::var("TRACKING_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);

    let mut outputs: Vec<_> = (0..PROCESSES)
        .map(|k| Output::new(folder.path().join(format!("output-{k}"))))
        .collect();
    let spawn = |output: &mut Output| {
        let left = counts.numbers_of_each.saturating_sub(output.count());
        let mut child = support::child("taking", STORE, &path);
        child
            .env(OUTPUT, &output.path)
            .env(NUMBERS, left.to_string())
            .stdout(std::process::Stdio::null());
        Guard(child.spawn().unwrap())
    };
    let mut children: Vec<_> = outputs.iter_mut().map(spawn).collect();

    let all = PROCESSES * counts.numbers_of_each;
    for kill in 1..=counts.kills {
        // Spread over the whole run.
        let mark = all * kill / (counts.kills + 1);
        while outputs.iter_mut().map(Output::count).sum::<usize>() < mark {
            for child in &mut children {
                let ended = child.0.try_wait().unwrap();
                assert!(ended.is_none_or(|status| status.success()), "{ended:?}");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let victim = match random.random_range(0..4) {
            // At any moment; most of them wait then.
            0 => {
                std::thread::sleep(Duration::from_micros(random.random_range(0..10_000)));
                let busy: Vec<_> = (0..PROCESSES)
                    .filter(|&k| children[k].0.try_wait().unwrap().is_none())
                    .collect();
                *busy.choose(&mut random).expect("all are done already")
            }
            // When it is about to write, or as soon as it has written.
            kind => {
                let pid = (0..10_000)
                    .find_map(|_| lock_holder(&path))
                    .expect("nobody has the lock");
                if kind == 1 {
                    wait_for_a_tick();
                    std::thread::sleep(Duration::from_micros(random.random_range(0..500)));
                } else {
                    wait_for_a_write(&path);
                }
                let held = children.iter().position(|child| child.id() == pid);
                held.expect("the lock is no child's")
            }
        };
        // Gone before its output is counted, and another takes its place.
        children[victim].0.kill().unwrap();
        children[victim].0.wait().unwrap();
        children[victim] = spawn(&mut outputs[victim]);
    }
    for child in &mut children {
        assert!(child.0.wait().unwrap().success());
    }

    let mut sum = Sum::default();
    for output in &mut outputs {
        output.add_to(&mut sum);
    }
    let issued = sum.numbers.len();
    sum.numbers.sort_unstable();
    let twice = sum
        .numbers
        .windows(2)
        .filter(|two| two[0] == two[1])
        .count();
    assert_eq!(twice, 0, "of {issued} numbers");
    let unknown_blocks = writes(&path).checked_sub(sum.blocks).unwrap();
    let lost = sum.lost + unknown_blocks * u64::from(BLOCK);
    let kills = counts.kills as u64;
    eprintln!(
        "{issued} numbers in {} blocks, {kills} kills: none twice; {unknown_blocks} of the kills came between a block's write and its answer, {} serials cut off",
        sum.blocks, sum.lost
    );
    assert!(
        unknown_blocks > 0,
        "no kill met a reservation that was under way"
    );
    assert!(issued >= all);
    assert!(
        lost <= kills * u64::from(BLOCK),
        "{lost} serials lost by {kills} kills"
    );
}
