//! Opens a series, or creates it: as the table in `series/opening.rs` says for a store that hosts share.
//!
//! Between the look and a creation others may act; the table's two unique keys decide:
//!
//! ```text
//!   create ──► created ──────────────────────────────────────► open, as the one that made it
//!     ▲  │
//!     │  └──► taken ──┬─ there is one of that name ──┬─ an attempt of this call's was lost
//!     │               │                              │  on its way, and it is that one ──► open, as
//!     │               │                              │                           the one that made it
//!     │               │                              └─ somebody else's ─────► as in the table
//!     │               ├─ its prefix is taken, and it was random ──► another ┐
//!     └───────────────┼─────────────────────────────────────────────────────┘
//!                     └─ its prefix is taken, and it was given ──► error: prefix taken
//! ```

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::clock::{Clock, ahead_ms};
use crate::fork::PerProcess;
use crate::mysql::Login;
use crate::series::opening::{OpenError, Opening, SeriesOptions};
use crate::series::{Series, SeriesName};
use crate::store::allocator::AllocateError;
use crate::store::clocks::Clocks;
use crate::store::timeline::{TOLERATED_SKEW_MS, TimelineError};
use crate::store::url::MySqlUrl;

use super::client::{Call, Client};
use super::fault::MySqlFault;
use super::table::{self, Creation, Reading, SWAP, Table};
use super::{MySqlStore, MySqlWarning};

/// How many random prefixes are tried where others have them.
const RANDOM_PREFIXES: u32 = 16;

/// The series that is there, or a new one where the options ask for that.
pub(super) fn open(
    url: &MySqlUrl,
    options: &SeriesOptions,
    clock: Arc<dyn Clock>,
    login: Option<Arc<dyn Login>>,
) -> Result<MySqlStore, OpenError> {
    let client = Client::new(url.clone(), login);
    let opener = Opener {
        client: &client,
        table: Table {
            url: client.url_shared(),
            name: options.name.clone(),
            clock: clock.clone(),
        },
        options,
    };
    let (series, is_new) = opener.series()?;
    let server = opener.call(|call| call.look(|connection| Ok(connection.server().clone())))?;
    let warnings = server.worries(url).into_iter();
    let warnings = warnings.map(MySqlWarning::of).collect();
    Ok(MySqlStore {
        client,
        series,
        clock,
        clocks: Clocks::default(),
        histories: PerProcess::default(),
        warnings,
        written_back: AtomicU64::new(0),
        is_new,
        swap: SWAP,
    })
}

/// The names of the series in a database, in their order.
pub(crate) fn series_names(url: &MySqlUrl) -> Result<Vec<SeriesName>, AllocateError> {
    let client = Client::new(url.clone(), None);
    let names = || client.call()?.look(table::names);
    names().map_err(|fault| fault.into_error(url))
}

struct Opener<'a> {
    client: &'a Client,
    table: Table,
    options: &'a SeriesOptions,
}

impl Opener<'_> {
    /// One call, whose fault is the store's.
    fn call<T>(
        &self,
        ask: impl FnOnce(&mut Call<'_>) -> Result<T, MySqlFault>,
    ) -> Result<T, OpenError> {
        let answer = self.client.call().and_then(|mut call| ask(&mut call));
        answer.map_err(|fault| self.failed(fault))
    }

    fn failed(&self, fault: MySqlFault) -> OpenError {
        fault.into_error(self.client.url()).into()
    }

    fn store(&self) -> String {
        self.client.url().to_string()
    }

    fn read(&self) -> Result<(Reading, Option<Series>), OpenError> {
        let table = self.table.clone();
        self.call(|call| {
            let name = table.name.clone();
            let reading = call.look(move |connection| table.read(connection, true))?;
            let series = reading.row.as_ref().map(|row| row.series(&name));
            let series = series.transpose()?;
            Ok((reading, series))
        })
    }

    /// The series, and whether this made it.
    fn series(&self) -> Result<(Series, bool), OpenError> {
        let (reading, found) = self.read()?;
        if let Some(series) = self.checked(found)? {
            return Ok((series, false));
        }
        match self.options.opening {
            Opening::Existing => Err(self.missing()),
            Opening::OrCreate if self.options.key.is_none() => Err(self.missing()),
            Opening::OrCreate | Opening::New => self.create(&reading),
        }
    }

    /// A series that is there, which must be the one that was asked for.
    fn checked(&self, found: Option<Series>) -> Result<Option<Series>, OpenError> {
        let Some(found) = found else {
            return Ok(None);
        };
        if self.options.opening == Opening::New {
            return Err(OpenError::Exists {
                store: self.store(),
                series: found.name().clone(),
                fingerprint: found.fingerprint(),
            });
        }
        self.options.check(&self.store(), &found)?;
        Ok(Some(found))
    }

    fn create(&self, reading: &Reading) -> Result<(Series, bool), OpenError> {
        let created_at_ms = self.agreed_time(reading)?;
        if !reading.table {
            let table = self.table.clone();
            self.call(|call| call.look(move |connection| table.make(connection)))?;
        }
        let mut attempt = 0;
        loop {
            attempt += 1;
            let series = self.options.new_series(&self.store(), created_at_ms)?;
            let unknown = match self.insert(&series) {
                Ok(Creation::Created) => return Ok((series, true)),
                Ok(Creation::Taken) => None,
                Err(fault) if fault.is_of_unknown_fate() => Some(fault),
                Err(fault) => return Err(self.failed(fault)),
            };
            let (_, found) = self.read()?;
            if let Some(fault) = unknown {
                let is_ours = |found: &Series| found.fingerprint() == series.fingerprint();
                match found.as_ref().is_some_and(is_ours) {
                    true => return Ok((series, true)),
                    false if found.is_none() => return Err(self.failed(fault)),
                    false => {}
                }
            }
            // Somebody else created it meanwhile.
            if let Some(found) = self.checked(found)? {
                return Ok((found, false));
            }
            let (table, prefix) = (self.table.clone(), series.prefix());
            let owner = self.call(|call| {
                call.look(move |connection| table.owner(connection, prefix.as_str()))
            })?;
            match owner {
                Some((taken_by, fingerprint))
                    if self.options.prefix.is_some() || self.options.key.is_some() =>
                {
                    return Err(OpenError::PrefixTaken {
                        store: self.store(),
                        prefix,
                        taken_by,
                        fingerprint: Some(fingerprint),
                    });
                }
                _ if attempt == RANDOM_PREFIXES => return Err(self.missing()),
                _ => {}
            }
        }
    }

    fn insert(&self, series: &Series) -> Result<Creation, MySqlFault> {
        let (table, series) = (self.table.clone(), series.clone());
        let start = self.options.timeline.clone();
        let mut call = self.client.call()?;
        call.write(move |connection| table.create(connection, &series, start.as_ref()))
    }

    /// The time that both clocks agree on, the earlier one: no number may be older than its
    /// series, and numbers bear the store's time.
    fn agreed_time(&self, reading: &Reading) -> Result<i64, OpenError> {
        let Reading {
            store_ms,
            caller_ms,
            ..
        } = *reading;
        let now_ms = self.table.clock.now_ms();
        if ahead_ms(caller_ms, store_ms, now_ms).unsigned_abs() > TOLERATED_SKEW_MS {
            return Err(OpenError::Store(AllocateError::Clock {
                store: self.store(),
                source: TimelineError::ClocksDisagree {
                    store_ms,
                    caller_ms,
                },
            }));
        }
        Ok(store_ms.min(now_ms))
    }

    fn missing(&self) -> OpenError {
        OpenError::missing(self.client.url(), &self.options.name)
    }
}
