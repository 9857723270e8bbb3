//! `tracking ledger export` while numbers are recorded as fast as can be: the WAL of SQLite stays small.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tracking_core::TrackingNumber;
use tracking_core::order::Order;
use tracking_ledger::{Ledger, Recorded, Recording};

use crate::ledgers::{NEW_YEAR_MS, open, url, with_many};

/// What the WAL stays below: SQLite takes it up at 4 MiB, and a little comes on top while it does.
const WAL_MAX: u64 = 16 << 20;

/// How many numbers are recorded while some are exported.
const ENOUGH: u64 = 20_000;

const PATIENCE: Duration = Duration::from_secs(120);

/// Of one commit, as many as a busy server gathers.
const COMMIT: u64 = 200;

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Records until that is done, and counts.
fn write(ledger: &dyn Ledger, next: &AtomicU64, ends: &AtomicBool) {
    while !ends.load(Ordering::SeqCst) {
        let first = next.fetch_add(COMMIT, Ordering::SeqCst);
        // From all over their index, as those of a series are.
        let numbers: Vec<TrackingNumber> = (first..first + COMMIT)
            .map(|count| {
                let spread = count.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                format!("{spread:016X}").parse().unwrap()
            })
            .collect();
        let now_ms = NEW_YEAR_MS + 1_000_000 + first as i64;
        let recording = Recording::new(numbers, now_ms, Order::default()).unwrap();
        assert_eq!(ledger.record(&[recording]).unwrap(), [Recorded::New]);
    }
}

#[test]
fn an_export_at_full_write_rate_keeps_the_wal_small() {
    const ROWS: u64 = 50_000;
    let operator = with_many(ROWS);
    let ledger = open(&operator);
    let wal = operator.path("ledger.db-wal");
    let (next, ends) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        let writer = scope.spawn(|| write(&*ledger, &next, &ends));
        let exported = operator.path("all.csv");
        let (mut largest, mut exports, began) = (0, 0, Instant::now());
        // Again, until there was enough to be kept out of the WAL.
        while next.load(Ordering::SeqCst) < ENOUGH {
            let mut command = operator.command(["ledger", "export", "--ledger"]);
            command.arg(url(&operator)).stderr(Stdio::inherit());
            let output = File::create(&exported).unwrap();
            let mut child = command.stdout(output).spawn().unwrap();
            let status = loop {
                largest = largest.max(length(&wal));
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                assert!(!writer.is_finished() && began.elapsed() < PATIENCE);
                thread::sleep(Duration::from_millis(2));
            };
            assert!(status.success());
            let text = std::fs::read_to_string(&exported).unwrap();
            let rows = text.lines().filter(|line| line.starts_with('N')).count();
            assert_eq!(rows as u64, ROWS);
            exports += 1;
        }
        let meanwhile = next.load(Ordering::SeqCst);

        // What one transaction that reads all the while does to it.
        let reader = Connection::open(operator.path("ledger.db")).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        let read: i64 = reader
            .query_row("SELECT COUNT(*) FROM tracking_entries", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(read >= ROWS as i64);
        let (before, began) = (next.load(Ordering::SeqCst), Instant::now());
        while length(&wal) <= WAL_MAX {
            assert!(!writer.is_finished() && began.elapsed() < PATIENCE);
            thread::sleep(Duration::from_millis(2));
        }
        let exceeded = next.load(Ordering::SeqCst) - before;
        reader.execute_batch("COMMIT").unwrap();
        ends.store(true, Ordering::SeqCst);
        eprintln!(
            "{meanwhile} numbers were recorded while {ROWS} were exported {exports} times, and the WAL had {largest} bytes at most; \
             held by one transaction it has more than {WAL_MAX} after {exceeded} numbers"
        );
        assert!(largest <= WAL_MAX, "{largest}");
        // Else it proves nothing.
        assert!(meanwhile >= exceeded, "{meanwhile} in the time, {exceeded}");
    });
}
