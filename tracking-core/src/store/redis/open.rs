//! Opens a series, or creates it.
//!
//! What is read of the hash and of the register of prefixes tells which state the series is in; what
//! is done then depends on what the caller asked for:
//!
//! | state | `Existing` | `OrCreate` | `New` |
//! |---|---|---|---|
//! | missing: no hash | error: missing | with a key: create; else error: missing | create |
//! | exists, and is what the options say | open | open | error: exists |
//! | foreign: exists with another name, key or prefix than the options say | error: which | error: which | error: exists |
//! | exists, and the register has its prefix as another series' | error: prefix taken | error: prefix taken | error: exists |
//! | exists, and the register has lost its prefix | register it, open | register it, open | error: exists |
//! | the hash is not as it is written here | error: corrupt | error: corrupt | error: corrupt |
//!
//! Between that look and a creation others may act; the script that creates (`create.lua`) decides:
//!
//! ```text
//!   create ──► created ──────────────────────────────────────► open, as the one that made it
//!     ▲  │
//!     │  ├──► prefix taken, and it was random ──► another ┐
//!     └──┼────────────────────────────────────────────────┘
//!        ├──► prefix taken, and it was given ────────────────► error: prefix taken
//!        └──► exists ──┬─ an attempt of this call's was lost
//!                      │  on its way, and it is that one ────► open, as the one that made it
//!                      └─ somebody else's ───────────────────► as in the table
//! ```

use crate::clock::ahead_ms;
use crate::series::Series;
use crate::series::opening::{OpenError, Opening, SeriesOptions};
use crate::store::allocator::AllocateError;
use crate::store::timeline::{TOLERATED_SKEW_MS, TimelineError};

use super::answer::{Creation, Owner};
use super::connection::Connection;
use super::deadline::Deadline;
use super::remote_series::{Reading, RemoteSeries};

/// How many random prefixes are tried where others have them.
const RANDOM_PREFIXES: usize = 16;

impl RemoteSeries {
    /// The series that is there, or a new one where the options ask for that; and whether it is
    /// new.
    pub(super) fn open_series(&self, options: &SeriesOptions) -> Result<(Series, bool), OpenError> {
        if let Some(series) = self.existing(options)? {
            return Ok((series, false));
        }
        match options.opening {
            Opening::Existing => Err(self.missing(options)),
            Opening::OrCreate if options.key.is_none() => Err(self.missing(options)),
            Opening::OrCreate | Opening::New => self.new_series(options),
        }
    }

    fn existing(&self, options: &SeriesOptions) -> Result<Option<Series>, OpenError> {
        let Some(found) = self.read()?.stored.map(|stored| stored.series) else {
            return Ok(None);
        };
        if options.opening == Opening::New {
            return Err(self.exists(options, &found));
        }
        options.check(&self.client.url().to_string(), &found)?;
        // The register may be lost while the series is not: then the next one to be created would
        // be given its prefix.
        match self.register(&found)? {
            None => Ok(Some(found)),
            Some(owner) => Err(self.taken(&found, owner)),
        }
    }

    fn new_series(&self, options: &SeriesOptions) -> Result<(Series, bool), OpenError> {
        let created_at_ms = self.agreed_time()?;
        for attempt in 1.. {
            let series = options.new_series(&self.client.url().to_string(), created_at_ms)?;
            let mut may_be_ours = false;
            let create = |connection: &mut Connection, deadline: Deadline| {
                let created = self.create(connection, &series, options.timeline.as_ref(), deadline);
                may_be_ours |= matches!(&created, Err(fault) if fault.is_of_unknown_fate());
                created
            };
            let created = self.client.call(create)?;
            let fingerprint = series.fingerprint().to_string();
            match created {
                Creation::Created => return Ok((series, true)),
                // The connection broke once it was created, and this is the second attempt.
                Creation::Exists { fingerprint: found } if may_be_ours && found == fingerprint => {
                    return Ok((series, true));
                }
                // Somebody else created it meanwhile.
                Creation::Exists { .. } => {
                    let found = self.existing(options)?;
                    return found
                        .map(|series| (series, false))
                        .ok_or_else(|| self.missing(options));
                }
                Creation::Taken { .. } if options.prefix.is_none() && attempt < RANDOM_PREFIXES => {
                }
                Creation::Taken { by } => return Err(self.taken(&series, by)),
            }
        }
        Err(self.missing(options))
    }

    /// The time that both clocks agree on, the earlier one: no number may be older than its
    /// series, and numbers bear the store's time.
    fn agreed_time(&self) -> Result<i64, OpenError> {
        let Reading {
            store_ms,
            caller_ms,
            ..
        } = self.read()?;
        let now_ms = self.clock.now_ms();
        if ahead_ms(caller_ms, store_ms, now_ms).unsigned_abs() > TOLERATED_SKEW_MS {
            return Err(OpenError::Store(AllocateError::Clock {
                store: self.client.url().to_string(),
                source: TimelineError::ClocksDisagree {
                    store_ms,
                    caller_ms,
                },
            }));
        }
        Ok(store_ms.min(now_ms))
    }

    fn taken(&self, series: &Series, owner: Owner) -> OpenError {
        OpenError::PrefixTaken {
            store: self.client.url().to_string(),
            prefix: series.prefix(),
            taken_by: owner.name,
            fingerprint: owner.fingerprint,
        }
    }

    fn missing(&self, options: &SeriesOptions) -> OpenError {
        OpenError::missing(self.client.url(), &options.name)
    }

    fn exists(&self, options: &SeriesOptions, found: &Series) -> OpenError {
        OpenError::Exists {
            store: self.client.url().to_string(),
            series: options.name.clone(),
            fingerprint: found.fingerprint(),
        }
    }
}
