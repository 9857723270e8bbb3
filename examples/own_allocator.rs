//! A store of one's own: a row of a database, changed by a compare-and-swap. The library's `StoreAllocator`
//! makes an allocator of it, which owns the rule of what may be granted; the conformance suite tells whether
//! it keeps the contract.
//!
//! `cargo run -p tracking-examples --bin own_allocator`

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tracking_core::store::timeline::{History, Timeline};
use tracking_core::store::{Moment, Step, Store, StoreAllocator};
use tracking_core::testing::conformance;
use tracking_core::{AllocateError, Clock, Generator, Key, Series, SeriesName, SystemClock};

/// Stands for the database: `CREATE TABLE series (name …, version BIGINT, state JSON)`, with one row.
#[derive(Debug, Default)]
struct Database {
    row: Mutex<(u64, Option<String>)>,
}

impl Database {
    /// `SELECT version, state, <the time in UTC> FROM series WHERE name = …`. The clock is the database's
    /// own: all who share a row must share a clock.
    fn select(&self) -> (u64, Option<String>, i64) {
        let row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        (row.0, row.1.clone(), SystemClock.now_ms())
    }

    /// `UPDATE series SET version = version + 1, state = … WHERE name = … AND version = …`: whether a row
    /// was changed. That answer alone decides; never read again to see.
    fn update_where(&self, version: u64, state: String) -> bool {
        let mut row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ours = row.0 == version;
        if is_ours {
            *row = (version + 1, Some(state));
        }
        is_ours
    }
}

/// How often a lost race is run again.
const TRIES: usize = 100;

/// Keeps the state of a series in the row.
#[derive(Debug, Clone)]
struct RowStore {
    database: Arc<Database>,
    /// What tells this database from another one: a failover to a replica is another history.
    server: History,
}

impl Store for RowStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        let unreadable = |error: serde_json::Error| AllocateError::refused(self, error);
        for _ in 0..TRIES {
            let caller_ms = SystemClock.now_ms();
            // A failed connection would be `AllocateError::unavailable`.
            let (version, stored, now_ms) = self.database.select();
            let before: Option<Timeline> = stored
                .map(|state| serde_json::from_str(&state).map_err(unreadable))
                .transpose()?;
            let mut after = before.clone();
            step(&mut after, &Moment::shared(now_ms, caller_ms, &self.server));
            if after == before {
                return Ok(());
            }
            let state = serde_json::to_string(&after).map_err(unreadable)?;
            if self.database.update_where(version, state) {
                return Ok(());
            }
        }
        Err(AllocateError::unavailable(
            self,
            "others were always faster; let each ask for more numbers at once",
        ))
    }
}

impl fmt::Display for RowStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("row:")
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A real one is stored beside the state, and made once: `Series` has serde. It holds the key, under
    // another of which the same serials become other numbers.
    let (name, prefix) = (SeriesName::default(), "OWN".parse()?);
    let series = Series::new(name, prefix, Key::random(), SystemClock.now_ms());
    let store = RowStore {
        database: Arc::default(),
        server: History::random(),
    };

    conformance(|| Ok(StoreAllocator::over(store.clone(), series.clone())))?;
    println!("{store} keeps the contract");

    let generator = Generator::new(StoreAllocator::over(store, series));
    println!("and here is a number of it: {}", generator.next()?);
    Ok(())
}
