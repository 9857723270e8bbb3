//! The power is cut under a process that records: what it has acknowledged is there, with its keys, and is recorded
//! once. Where `fsync` does nothing, the same cuts must lose something, or they would prove nothing.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tracking_core::TrackingNumber;
use tracking_core::order::Order;
use tracking_ledger::{Ledger, LedgerOptions, Recorded, Recorder, open_ledger};
use tracking_test_support::disk::{Cache, Disk};
use tracking_test_support::{Lines, Preload, until};

use crate::support::{claim, kills, number, recording};

/// The ledger's URL, in the process whose power is cut.
const URL: &str = "TRACKING_LEDGER_TEST_POWER";
const CLIENTS: u64 = 4;
const OF_EACH: u64 = 10_000_000;

/// What a count is recorded as: every second of them with a key.
fn request(count: u64, order: &Order) -> tracking_ledger::Recording {
    let key = count
        .is_multiple_of(2)
        .then(|| claim(None, &count.to_string(), order));
    recording(count, order).with_claim(key)
}

/// Records until it ends, and tells of each count that was acknowledged.
#[test]
fn child() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let recorder = Recorder::start(open(&url)).unwrap();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let recorder = &recorder;
            scope.spawn(move || {
                let order = Order::default();
                for count in client * OF_EACH.. {
                    let recorded = recorder.record(request(count, &order), Duration::from_secs(60));
                    assert_eq!(recorded.unwrap(), Recorded::New);
                    // One write: what arrives is whole.
                    let line = format!("recorded {count}\n");
                    std::io::stderr().write_all(line.as_bytes()).unwrap();
                    // Where `fsync` does nothing, the disk would be full before its power was cut often enough.
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
    });
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("ledger.db").display())
}

fn open(url: &str) -> Arc<dyn Ledger> {
    let opened = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    opened.unwrap().expect("it is not `none`")
}

/// A child that is killed when it is dropped.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first count that was acknowledged and is not as it was, or is recorded once more.
fn lost(folder: &Path, told: &[u64]) -> Result<(), String> {
    if !folder.join("ledger.db").exists() {
        return Err("there is no ledger".to_owned());
    }
    let opened = open_ledger(&url(folder).parse().unwrap(), &LedgerOptions::default());
    let ledger = opened.map_err(|error| error.to_string())?.unwrap();
    let order = Order::default();
    for &count in told {
        let found = ledger
            .find(number(count))
            .map_err(|error| error.to_string())?;
        if found.is_none() {
            return Err(format!("{} is not there", number(count)));
        }
    }
    // The last ones asked again, by their keys and another number; and one goes on.
    let keyed = told.iter().rev().filter(|count| count.is_multiple_of(2));
    for &count in keyed.take(20) {
        let key = claim(None, &count.to_string(), &order);
        let again = recording(CLIENTS * OF_EACH + count, &order).with_claim(Some(key));
        let answers = ledger.record(&[again]).map_err(|error| error.to_string())?;
        let numbers: &[TrackingNumber] = match &answers[..] {
            [Recorded::Replayed(replay)] => &replay.numbers,
            _ => return Err(format!("the key {count} came to {answers:?}")),
        };
        assert_eq!(numbers, [number(count)]);
    }
    let new = recording((CLIENTS + 1) * OF_EACH, &order);
    assert_eq!(ledger.record(&[new]).unwrap(), [Recorded::New]);
    Ok(())
}

/// So many cuts under who records. Gives how many of them lost something, and how much was acknowledged.
fn cuts(disk: &Disk, cuts: u32, preload: Option<&Preload>) -> (u32, usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["sqlite::power_cut::child", "--exact", "--nocapture"])
        .env(URL, url(disk.path()))
        .envs(preload.map(|library| ("LD_PRELOAD", library.path())))
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = Guard(command.spawn().unwrap());
    let lines = Lines::of(child.0.stderr.take().unwrap());
    let told = || -> Vec<u64> {
        let lines = lines.so_far();
        let counts = lines
            .iter()
            .filter_map(|line| line.strip_prefix("recorded "));
        counts.map(|count| count.parse().unwrap()).collect()
    };
    let (mut lossy, mut looked_at) = (0, 0);
    for round in 1..=cuts {
        let before = lines.so_far().len();
        until("recordings", || lines.so_far().len() > before + 10);
        // At another moment each time.
        thread::sleep(Duration::from_micros(u64::from(round) * 977 % 10_000));
        let told = told();
        // What an earlier cut did not lose is looked for by the last one once more.
        let new = if round == cuts { 0 } else { looked_at };
        looked_at = told.len();
        let problem = match disk.cut() {
            Some(cut) => lost(cut.path(), &told[new..]).err(),
            None => Some("it cannot be mounted".to_owned()),
        };
        assert!(preload.is_some() || problem.is_none(), "{problem:?}");
        lossy += u32::from(problem.is_some());
    }
    assert!(child.0.try_wait().unwrap().is_none(), "the child ended");
    (lossy, told().len())
}

fn survives_on(kind: &'static str) {
    for cache in [Cache::Kept, Cache::Lost] {
        let (Some(disk), Some(nothing)) = (Disk::new(kind, cache), Preload::without_sync()) else {
            return;
        };
        let (lossy, told) = cuts(&disk, kills(10), None);
        assert_eq!(lossy, 0);
        let (Some(disk), tries) = (Disk::new(kind, cache), kills(5)) else {
            panic!("there was one before");
        };
        let (without, _) = cuts(&disk, tries, Some(&nothing));
        eprintln!(
            "{kind}, the disk's cache {cache:?}: {} cuts, {told} acknowledged, none lost; without fsync {without} of {tries} cuts lost some",
            kills(10)
        );
        assert!(without * 2 > tries, "{without} of {tries}");
    }
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_ext4() {
    survives_on("ext4");
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_xfs() {
    survives_on("xfs");
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_btrfs() {
    survives_on("btrfs");
}
