//! How many reservations a second a store answers, asked one after the other by each of some threads:
//!
//! `cargo run --release -p tracking-bench --bin reservations [SECONDS [STORE]]`
//!
//! STORE is the URL of one whose series is there already (a state file of its own in a temporary folder); a password
//! comes with the URL. Each thread has a handle of its own, as a server has, and asks for 500 serials at a time,
//! which no generator does: else the slots of a tick would be what limits them.

use std::num::NonZeroU32;
use std::thread;
use std::time::{Duration, Instant};

use tracking_bench::Failure;
use tracking_bench::served::argument;
use tracking_core::store::{OpenStore, StoreUrl, reserve_patiently};
use tracking_core::{AllocateError, SeriesOptions, open_store};

const SMALL: NonZeroU32 = NonZeroU32::new(500).unwrap();
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Failure> {
    let time = Duration::from_secs(argument(0, 5)? as u64);
    let folder = tempfile::tempdir()?;
    let own = format!("file:{}/reservations.series", folder.path().display());
    let url: StoreUrl = std::env::args().nth(2).unwrap_or(own).parse()?;
    println!(
        "{:>8} {:>16} {:>10} {:>10}",
        "threads", "reservations/s", "not yet", "errors"
    );
    for threads in [1, 4, 16, 64] {
        let opened: Vec<_> = (0..threads)
            .map(|_| open_store(&url, &SeriesOptions::default()))
            .collect::<Result<_, _>>()?;
        for store in &opened {
            // The fence of a new history is past, and it is connected.
            reserve_patiently(store, NonZeroU32::MIN, PATIENCE)?;
        }
        let until = Instant::now() + time;
        let rows: Vec<_> = thread::scope(|scope| {
            let all: Vec<_> = opened
                .iter()
                .map(|store| scope.spawn(move || of_one(store, until)))
                .collect();
            all.into_iter().map(|thread| thread.join()).collect()
        });
        let mut sum = Row::default();
        for row in rows {
            let row = row.map_err(|_| "a thread panicked")?;
            sum.granted += row.granted;
            sum.not_yet += row.not_yet;
            sum.errors += row.errors;
        }
        let a_second = sum.granted as f64 / time.as_secs_f64();
        println!(
            "{threads:>8} {a_second:>16.0} {:>10} {:>10}",
            sum.not_yet, sum.errors
        );
        if sum.granted == 0 {
            return Err(format!("expected reservations of {url}, found none").into());
        }
    }
    Ok(())
}

#[derive(Default)]
struct Row {
    granted: u64,
    not_yet: u64,
    errors: u64,
}

fn of_one(store: &dyn OpenStore, until: Instant) -> Row {
    let mut row = Row::default();
    while Instant::now() < until {
        match store.reserve(SMALL) {
            Ok(_) => row.granted += 1,
            Err(AllocateError::NotYet { after }) => {
                row.not_yet += 1;
                thread::sleep(after);
            }
            Err(_) => row.errors += 1,
        }
    }
    row
}
