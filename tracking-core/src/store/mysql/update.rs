//! One step of a state: read it, change it, and put it back if it still is what was read.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use crate::mysql::Fault;
use crate::store::fault::SeriesFault;
use crate::store::keep::{Moment, Step};
use crate::store::snapshot::Snapshot;
use crate::store::timeline::SHARED_FENCE_MS;

use super::client::Call;
use super::fault::MySqlFault;
use super::row::Stored;
use super::table::{Creation, Reading, Table};
use super::{Histories, MySqlStore, MySqlWarning};

/// How often a series that vanished is written back in one call.
const WRITE_BACKS: u32 = 3;

impl MySqlStore {
    /// A step, which every call takes as often as others are faster, until its time is up.
    pub(super) fn take_step(&self, step: &mut Step<'_>) -> Result<(), MySqlFault> {
        let mut outrun = 0;
        self.steps(step, &mut outrun).map_err(|fault| match fault {
            MySqlFault::Server(Fault::TooLate { within }) if outrun > 0 => MySqlFault::Outrun {
                times: outrun,
                within,
            },
            fault => fault,
        })
    }

    /// The same, and how often others were faster.
    fn steps(&self, step: &mut Step<'_>, outrun: &mut u32) -> Result<(), MySqlFault> {
        let mut call = self.client.call()?;
        let mut written_back = 0;
        loop {
            let reading = self.read(&mut call)?;
            let Some(row) = &reading.row else {
                if written_back == WRITE_BACKS {
                    return Err(SeriesFault::Missing.into());
                }
                written_back += 1;
                self.write_back(&mut call, &reading)?;
                continue;
            };
            self.check(row)?;
            self.holds_alone(row, &reading)?;
            let mut after = row.timeline.clone();
            let moment = Moment::shared(reading.store_ms, reading.caller_ms, &reading.history);
            step(&mut after, &moment);
            let Some(timeline) = after.filter(|after| row.timeline.as_ref() != Some(after)) else {
                return Ok(());
            };
            let (table, swap) = (self.table(), self.swap);
            let (nonce, history) = (row.nonce.clone(), reading.history.clone());
            let is_stored = call.write(move |connection| {
                table.swap(connection, swap, &nonce, &history, &timeline)
            })?;
            if is_stored {
                return Ok(());
            }
            *outrun += 1;
        }
    }

    /// The state as it is, without a change to it.
    ///
    /// A server that was promoted and has granted nothing yet may lack what its predecessor granted last.
    pub(super) fn look(&self) -> Result<Snapshot, MySqlFault> {
        let mut call = self.client.call()?;
        let reading = self.read(&mut call)?;
        let timeline = match reading.row {
            Some(row) => {
                self.check(&row)?;
                row.timeline
            }
            None => None,
        };
        let fence_end_ms = reading.store_ms + SHARED_FENCE_MS as i64;
        let timeline = timeline.map(|timeline| match *timeline.history() == reading.history {
            true => timeline,
            false => timeline.doubted(fence_end_ms),
        });
        Ok(Snapshot::new(timeline, reading.store_ms))
    }

    pub(super) fn table(&self) -> Table {
        Table {
            url: self.client.url_shared(),
            name: self.series.name().clone(),
            clock: self.clock.clone(),
        }
    }

    fn read(&self, call: &mut Call<'_>) -> Result<Reading, MySqlFault> {
        let table = self.table();
        let reading = call.look(move |connection| table.read(connection, false))?;
        let ahead = self
            .clocks
            .note(reading.caller_ms, reading.store_ms, &*self.clock);
        if let Some(ahead_ms) = ahead {
            let store = self.client.url();
            tracing::warn!(%store, ahead_ms, "{}", MySqlWarning::Clock { ahead_ms });
        }
        Ok(reading)
    }

    /// That it is still the series which was opened.
    fn check(&self, row: &Stored) -> Result<(), MySqlFault> {
        let expected = self.series.fingerprint();
        match row.fingerprint == expected.to_string() {
            true => Ok(()),
            false => Err(SeriesFault::Foreign {
                expected,
                found: row
                    .fingerprint
                    .chars()
                    .filter(char::is_ascii_graphic)
                    .collect(),
            }
            .into()),
        }
    }

    /// That no other server holds the state by turns with the one that was asked.
    fn holds_alone(&self, row: &Stored, reading: &Reading) -> Result<(), MySqlFault> {
        let histories: &Mutex<Histories> = self.histories.get(Default::default);
        let writer = row.timeline.as_ref().map(|timeline| timeline.history());
        // A move is no turn of anybody.
        let writer = writer.filter(|writer| !writer.is_of_a_move());
        let other = histories
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .note(
                &row.nonce,
                writer,
                &reading.history,
                self.clock.monotonic_ms(),
            );
        other.map_or(Ok(()), |other| {
            Err(MySqlFault::Alternating {
                asked: reading.history.clone(),
                other,
            })
        })
    }

    /// The series vanished while this process holds it: bring it back as it was, without its timeline, so
    /// that the next step fences every lane.
    fn write_back(&self, call: &mut Call<'_>, reading: &Reading) -> Result<(), MySqlFault> {
        if !reading.table {
            let table = self.table();
            call.look(move |connection| table.make(connection))?;
        }
        let (table, series) = (self.table(), self.series.clone());
        match call.write(move |connection| table.create(connection, &series, None))? {
            Creation::Created => {
                self.written_back.fetch_add(1, Ordering::Relaxed);
                tracing::error!(
                    store = %self.client.url(),
                    series = %self.series.name(),
                    fingerprint = %self.series.fingerprint(),
                    "the series vanished from MySQL and was written back; nothing is reserved for a second"
                );
                Ok(())
            }
            Creation::Taken => {
                let (table, prefix) = (self.table(), self.series.prefix());
                let owner =
                    call.look(move |connection| table.owner(connection, prefix.as_str()))?;
                match owner {
                    Some((taken_by, fingerprint)) if taken_by != *self.series.name() => {
                        Err(SeriesFault::PrefixTaken {
                            prefix,
                            taken_by,
                            fingerprint: Some(fingerprint),
                        }
                        .into())
                    }
                    // Another process was faster, or the one that was is gone again.
                    _ => Ok(()),
                }
            }
        }
    }
}
