//! The power is cut under a process that takes numbers from state files: on ext4, XFS and btrfs, with the disk's cache
//! and without it. All that was told lies below the mark of what is there afterwards, and none of it is granted again.
//!
//! A tenth of the counts, unless TRACKING_PROVE is set: then 200 cuts on each file system. Where `fsync` does nothing,
//! the same cuts must lose something, or they would prove nothing. The moments follow from the printed seed, or
//! TRACKING_SEED.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::store::url::FileUrl;
use tracking_core::{FileAllocator, OpenStore, Opening, Serial, SeriesOptions};
use tracking_test_support::disk::{Cache, Disk};
use tracking_test_support::{Lines, Preload, until};

mod support;

use support::{Guard, open, reserve};

const FOLDER: &str = "TRACKING_TEST_POWER";
/// So many blocks from each state file, so that some cuts come right after one is made.
const BLOCKS_OF_EACH: u64 = 8;

/// The child: makes state file after state file, and tells of each number that it took.
#[test]
fn writing() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    for file in 0.. {
        let allocator = open(&path(&folder, file)).unwrap();
        for _ in 0..BLOCKS_OF_EACH {
            let serial = reserve(&allocator, 1).unwrap().start().value();
            // One write: what arrives is whole.
            let line = format!("took {file} {serial}\n");
            std::io::stderr().write_all(line.as_bytes()).unwrap();
        }
    }
}

fn path(folder: &Path, file: u64) -> PathBuf {
    folder.join(format!("{file}.series"))
}

/// The last serial that these lines tell of each state file.
fn told(lines: &[String]) -> BTreeMap<u64, Serial> {
    let took = lines.iter().filter_map(|line| line.strip_prefix("took "));
    took.map(|words| {
        let (file, serial) = words.split_once(' ').unwrap();
        let serial = Serial::new(serial.parse().unwrap()).unwrap();
        (file.parse().unwrap(), serial)
    })
    .collect()
}

/// What there is of a state file after a cut, or why there is nothing that knows of this serial.
fn found(path: &Path, told: Serial) -> Result<FileAllocator, String> {
    let mut options = SeriesOptions::default();
    options.opening = Opening::Existing;
    let opened = FileAllocator::open(&FileUrl::new(path), &options);
    let allocator = opened.map_err(|error| error.to_string())?;
    let snapshot = allocator.snapshot().map_err(|error| error.to_string())?;
    let timeline = snapshot.timeline.ok_or("nothing was granted yet")?;
    let mark = timeline.last_tick(told.lane());
    if mark < told.tick() {
        return Err(format!("its mark is {mark}, behind {}", told.tick()));
    }
    Ok(allocator)
}

/// So many cuts under a writer. Gives how many of them lost something that was told, and how much was told.
fn cuts(disk: &Disk, cuts: usize, preload: Option<&Preload>, random: &mut StdRng) -> (usize, u64) {
    let mut command = support::child("writing", FOLDER, disk.path());
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.envs(preload.map(|library| ("LD_PRELOAD", library.path())));
    let mut child = Guard(command.spawn().unwrap());
    let lines = Lines::of(child.0.stderr.take().unwrap());
    let (mut lost, mut looked_at) = (0, 0);
    for cut in 1..=cuts {
        let before = lines.so_far().len();
        until("numbers", || lines.so_far().len() > before + 4);
        std::thread::sleep(Duration::from_micros(random.random_range(0..20_000)));
        let all = lines.so_far();
        // What an earlier cut did not lose is looked for by the last one once more.
        let new = if cut == cuts { 0 } else { looked_at };
        looked_at = all.len();
        let told = told(&all[new..]);
        let Some(cut) = disk.cut() else {
            assert!(preload.is_some(), "it cannot be mounted");
            lost += 1;
            continue;
        };
        let mut problems = Vec::new();
        for (&file, &serial) in &told {
            match found(&path(cut.path(), file), serial) {
                Ok(allocator) if Some(&serial) == told.values().last() => {
                    let next = reserve(&allocator, 1).unwrap().start();
                    assert!(next > serial, "{next:?} after {serial:?}");
                }
                Ok(_) => {}
                Err(problem) => problems.push(format!("{file}.series: {problem}")),
            }
        }
        assert!(preload.is_some() || problems.is_empty(), "{problems:#?}");
        lost += usize::from(!problems.is_empty());
    }
    assert!(child.0.try_wait().unwrap().is_none(), "the writer ended");
    let numbers = lines.so_far().len() as u64;
    (lost, numbers)
}

/// All of it on one kind of file system.
fn survives_on(kind: &'static str) {
    let part = if std::env::var_os("TRACKING_PROVE").is_some() {
        1
    } else {
        10
    };
    let seed = std::env::var("TRACKING_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    for cache in [Cache::Kept, Cache::Lost] {
        let (Some(disk), Some(nothing)) = (Disk::new(kind, cache), Preload::without_sync()) else {
            return;
        };
        let (lost, told) = cuts(&disk, 100 / part, None, &mut random);
        assert_eq!(lost, 0);
        let (Some(disk), tries) = (Disk::new(kind, cache), 50 / part) else {
            panic!("there was one before");
        };
        let (without, _) = cuts(&disk, tries, Some(&nothing), &mut random);
        eprintln!(
            "{kind}, the disk's cache {cache:?}: {} cuts, {told} numbers told, none lost; without fsync {without} of {tries} cuts lost some",
            100 / part
        );
        assert!(without * 2 > tries, "{without} of {tries}");
    }
}

#[test]
fn a_power_cut_on_ext4_loses_no_mark() {
    survives_on("ext4");
}

#[test]
fn a_power_cut_on_xfs_loses_no_mark() {
    survives_on("xfs");
}

#[test]
fn a_power_cut_on_btrfs_loses_no_mark() {
    survives_on("btrfs");
}
