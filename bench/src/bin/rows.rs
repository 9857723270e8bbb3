//! How long it takes to ask a ledger with many rows, in an SQLite file or, with TRACKING_BENCH_LEDGER, in that one:
//!
//! `cargo run --release -p tracking-bench --bin rows [ROWS]`
//!
//! A thousand entries for each customer and ten for each reference, in the order in which they were issued.

use std::time::{Duration, Instant};

use tracking_bench::Failure;
use tracking_bench::served::{argument, show};
use tracking_core::issued::Zone;
use tracking_core::order::{Country, CustomerId, Order, Required};
use tracking_core::{Desk, Generator, MemoryAllocator, TrackingNumber};
use tracking_ledger::{
    Filter, LedgerError, LedgerOptions, PageLimit, Recorded, Recording, open_ledger,
};

/// Numbers of one transaction.
const BATCH: usize = 2_000;
const TRIES: u64 = 300;

fn main() -> Result<(), Failure> {
    let rows = argument(0, 1_000_000)?;
    let folder = tempfile::tempdir()?;
    let url = match std::env::var("TRACKING_BENCH_LEDGER") {
        Ok(url) => url,
        Err(_) => format!("sqlite:{}", folder.path().join("ledger.db").display()),
    };
    let ledger = open_ledger(&url.parse()?, &LedgerOptions::default())?;
    let ledger = ledger.ok_or("expected a ledger")?;
    let desk = Desk::new(Generator::new(MemoryAllocator::new())).with_zone(Zone::UTC);
    let began = Instant::now();
    let mut numbers = Vec::new();
    for batch in 0..rows.div_ceil(BATCH) {
        let mut taken = vec![TrackingNumber::BLANK; BATCH];
        desk.generator().fill(&mut taken)?;
        let at_ms = desk.now_ms();
        let recordings = taken.iter().enumerate().map(|(place, number)| {
            let row = (batch * BATCH + place) as u64;
            let order = order(row / 1_000)?;
            let reference = format!("r{}", row / 10).parse()?;
            let recording = Recording::new([*number], at_ms, order)?;
            Ok(recording.with_reference(Some(reference)))
        });
        let recordings = recordings.collect::<Result<Vec<_>, Failure>>()?;
        let recorded = ledger.record(&recordings)?;
        if recorded.iter().any(|recorded| *recorded != Recorded::New) {
            return Err("expected that all are recorded".into());
        }
        numbers.push(taken[batch % BATCH]);
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{rows} rows of {} recorded in {seconds:.0} s by one thread",
        desk.generator().series().prefix()
    );
    println!("{:<48} {:>8} {:>8} {:>8}", "ms", "least", "median", "most");
    let ledger = &*ledger;
    let limit = PageLimit::nearest(100);
    let spread = |time: u64, of: usize| (time as usize).wrapping_mul(7_919) % of.max(1);
    times("one number", |time| {
        let found = ledger.find(numbers[spread(time, numbers.len())])?;
        Ok(usize::from(found.is_some()))
    })?;
    times("the newest 100", |_| {
        Ok(ledger.list(&Filter::default(), None, limit)?.entries.len())
    })?;
    times("100 of a customer", |time| {
        let filter = Filter {
            customer_id: Some(customer(spread(time, rows / 1_000) as u64)),
            ..Filter::default()
        };
        Ok(ledger.list(&filter, None, limit)?.entries.len())
    })?;
    times("those of a reference", |time| {
        let reference = format!("r{}", spread(time, rows / 10));
        let filter = Filter {
            reference: reference.parse().ok(),
            ..Filter::default()
        };
        Ok(ledger.list(&filter, None, limit)?.entries.len())
    })?;
    times("none of 10,000 that are looked at", |_| {
        let filter = Filter {
            origin_country_id: "AQ".parse::<Country>().ok(),
            ..Filter::default()
        };
        Ok(1 + ledger.list(&filter, None, limit)?.entries.len())
    })
}

fn customer(count: u64) -> CustomerId {
    let text = format!("{count:08x}-b59b-425e-9db4-943979e1bd49");
    // Of the right shape by construction.
    text.parse().unwrap_or_else(|_| unreachable!("{text}"))
}

fn order(count: u64) -> Result<Order, Failure> {
    let customer = customer(count).to_string();
    let pairs = [
        ("origin_country_id", "US"),
        ("destination_country_id", "IN"),
        ("weight", "1.200"),
        ("customer_id", &*customer),
        ("customer_name", "RedBox Logistics"),
        ("customer_slug", "redbox-logistics"),
    ];
    Ok(Order::from_pairs(pairs, Required::NONE).map_err(|errors| errors.to_string())?)
}

/// Ask many times, and show how long that took; something must be found each time.
fn times(
    what: &str,
    mut ask: impl FnMut(u64) -> Result<usize, LedgerError>,
) -> Result<(), Failure> {
    let mut took: Vec<Duration> = Vec::new();
    for time in 0..TRIES {
        let began = Instant::now();
        if ask(time)? == 0 {
            return Err(format!("{what}: nothing was found").into());
        }
        took.push(began.elapsed());
    }
    show(
        what,
        took.iter().map(|took| took.as_secs_f64() * 1e3).collect(),
    );
    Ok(())
}
