//! A state file is put back from an older copy at any moment, under processes that reserve from it:
//! no serial is granted twice.
//!
//! A tenth of the counts, unless TRACKING_PROVE is set: then 1,000 rewinds of each kind, written
//! over the file in place and renamed over it, on a disk and on tmpfs, with writers that take one
//! block each and writers that stay. The moments follow from the printed seed, or TRACKING_SEED.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::{Clock, Serial, SystemClock};

mod support;

use support::mount::Mount;
use support::{Guard, open, reserve};

const STORE: &str = "TRACKING_TEST_REWINDS";
const OUTPUT: &str = "TRACKING_TEST_REWINDS_OUTPUT";
const STAYS: &str = "TRACKING_TEST_REWINDS_STAYS";
const WRITERS: usize = 3;

#[derive(Debug, Clone, Copy)]
enum How {
    InPlace,
    Rename,
}

/// The child: takes one block, or block after block, and appends a line for each to its output.
#[test]
fn taking() {
    let Some(path) = std::env::var_os(STORE).map(PathBuf::from) else {
        return;
    };
    let output = PathBuf::from(std::env::var_os(OUTPUT).unwrap());
    let stays = std::env::var_os(STAYS).is_some();
    let mut lines = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&output)
        .unwrap();
    // In the moment of a rewind the file may be no file of ours, or another one.
    let mut allocator = (0..100).find_map(|_| open(&path).ok()).unwrap();
    loop {
        match reserve(&allocator, 5) {
            Ok(block) => {
                let (start, last) = (block.start().value(), block.last().value());
                writeln!(lines, "{} {start} {last}", block.start().tick()).unwrap();
                if !stays {
                    return;
                }
            }
            Err(_) => {
                if let Ok(again) = open(&path) {
                    allocator = again;
                }
            }
        }
    }
}

fn child(path: &Path, output: &Path, stays: bool) -> Guard {
    let mut command = support::child("taking", STORE, path);
    command
        .env(OUTPUT, output)
        .stdout(std::process::Stdio::null());
    if stays {
        command.env(STAYS, "1");
    }
    Guard(command.spawn().unwrap())
}

/// Put a copy in the place of the file.
fn put_back(how: How, path: &Path, copy: &[u8]) {
    match how {
        // The same inode, as `cp` does, but never cut short.
        How::InPlace => {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.write_all_at(copy, 0).unwrap();
        }
        How::Rename => {
            let other = path.with_extension("copy");
            fs::write(&other, copy).unwrap();
            fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
            fs::rename(&other, path).unwrap();
        }
    }
}

fn present_tick() -> u64 {
    (SystemClock.exact_ms() - Serial::EPOCH_MS).unsigned_abs() / Serial::TICK_MS
}

struct Blocks {
    /// From the first serial to the last.
    blocks: Vec<(u64, u64)>,
    ticks: BTreeSet<u64>,
}

fn blocks(outputs: &[PathBuf]) -> Blocks {
    let mut found = Blocks {
        blocks: Vec::new(),
        ticks: BTreeSet::new(),
    };
    for output in outputs {
        let text = fs::read_to_string(output).unwrap_or_default();
        // The last line of a child that was ended may be cut short.
        for line in text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
        {
            let mut words = line.split_whitespace().map(|word| word.parse().unwrap());
            let mut next = || words.next().unwrap();
            found.ticks.insert(next());
            found.blocks.push((next(), next()));
        }
    }
    found.blocks.sort_unstable();
    found
}

fn assert_no_repeat(what: &str, rewinds: &BTreeMap<u64, usize>, outputs: &[PathBuf]) {
    let found = blocks(outputs);
    let twice = found
        .blocks
        .windows(2)
        .filter(|two| two[0].1 >= two[1].0)
        .count();
    let met: usize = rewinds
        .iter()
        .filter(|(tick, _)| found.ticks.contains(tick))
        .map(|(_, count)| count)
        .sum();
    let count: usize = rewinds.values().sum();
    eprintln!(
        "{what}: {count} rewinds, {met} of them in a tick that was granted from; {} blocks, {twice} twice",
        found.blocks.len()
    );
    assert_eq!(twice, 0, "{what}");
    assert!(
        met * 20 > count,
        "{what}: the rewinds met only {met} ticks that were granted from"
    );
}

/// Each block is taken by a process of its own, and the file is put back as soon as it has it.
fn one_shot(how: How, folder: &Path, rewinds: usize, random: &mut StdRng) {
    let path = folder.join("a.series");
    reserve(&open(&path).unwrap(), 5).unwrap();
    let output = folder.join("output");
    File::create(&output).unwrap();
    let mut ticks = BTreeMap::new();
    let mut copy = fs::read(&path).unwrap();
    for _ in 0..rewinds {
        let mut writer = child(&path, &output, false);
        while fs::metadata(&output).unwrap().len() == 0 || writer.0.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        put_back(how, &path, &copy);
        *ticks.entry(present_tick()).or_default() += 1;
        if random.random_bool(0.5) {
            copy = fs::read(&path).unwrap();
        }
        // A handle that is new in this process, as soon as can be.
        let block = (0..9)
            .find_map(|_| reserve(&open(&path).ok()?, 5).ok())
            .unwrap();
        let mut lines = OpenOptions::new().append(true).open(&output).unwrap();
        let (start, last) = (block.start().value(), block.last().value());
        writeln!(lines, "{} {start} {last}", block.start().tick()).unwrap();
    }
    assert_no_repeat(&format!("{how:?}, one block a process"), &ticks, &[output]);
}

/// Processes that stay reserve all the time, and the file is put back at any moment.
fn long_lived(how: How, folder: &Path, rewinds: usize, random: &mut StdRng) {
    let path = folder.join("a.series");
    reserve(&open(&path).unwrap(), 5).unwrap();
    let outputs: Vec<_> = (0..WRITERS)
        .map(|k| folder.join(format!("output-{k}")))
        .collect();
    let writers: Vec<_> = outputs
        .iter()
        .map(|output| child(&path, output, true))
        .collect();
    let mut copies = vec![fs::read(&path).unwrap()];
    let mut ticks = BTreeMap::new();
    for _ in 0..rewinds {
        std::thread::sleep(Duration::from_micros(random.random_range(0..40_000)));
        let bytes = fs::read(&path).unwrap();
        if bytes.len() == copies[0].len() {
            copies.push(bytes);
        }
        std::thread::sleep(Duration::from_micros(random.random_range(0..12_000)));
        let newest = copies.len().saturating_sub(3);
        put_back(how, &path, copies[newest..].choose(random).unwrap());
        *ticks.entry(present_tick()).or_default() += 1;
    }
    drop(writers);
    assert_no_repeat(&format!("{how:?}, processes that stay"), &ticks, &outputs);
}

fn in_all_ways(folder: &Path) {
    let part = if std::env::var_os("TRACKING_PROVE").is_some() {
        1
    } else {
        10
    };
    let seed = std::env::var("TRACKING_SEED")
        .map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("seed {seed}, in {}", folder.display());
    let mut random = StdRng::seed_from_u64(seed);
    for how in [How::InPlace, How::Rename] {
        for (name, attack) in [
            ("one-shot", one_shot as fn(How, &Path, usize, &mut StdRng)),
            ("long-lived", long_lived),
        ] {
            let folder = folder.join(format!("{how:?}-{name}"));
            fs::create_dir(&folder).unwrap();
            attack(how, &folder, 1_000 / part, &mut random);
        }
    }
}

#[test]
fn a_file_on_a_disk_that_is_put_back_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    in_all_ways(folder.path());
}

#[test]
fn a_file_on_tmpfs_that_is_put_back_repeats_nothing() {
    if let Some(mount) = Mount::new("1m") {
        in_all_ways(mount.path());
    }
}
