//! Recording a batch in one transaction, all or nothing.

use std::collections::HashMap;

use tracking_core::TrackingNumber;

use super::connection::{Backend, Connection};
use super::failure::{DbError, Failure, Kind};
use super::ids::Ids;
use super::keys::{self, Claimed};
use super::row;
use super::sizes::{parts, repeated};
use super::value::{Columns, Value};
use crate::options::LedgerOptions;
use crate::recording::{Recorded, Recording};

/// A batch, and what is known of each of its recordings.
pub(super) struct Batch<'a> {
    recordings: &'a [Recording],
    outcomes: Vec<Option<Recorded>>,
    /// Of a clone in the same batch: whose outcome it shares.
    same_as: Vec<Option<usize>>,
}

/// A row whose commit failed: its number, and whose it is.
pub(super) type Doubt = (TrackingNumber, i64);

impl<'a> Batch<'a> {
    pub(super) fn new(recordings: &'a [Recording]) -> Self {
        let mut outcomes = vec![None; recordings.len()];
        let mut same_as = vec![None; recordings.len()];
        let mut first = HashMap::new();
        for (index, recording) in recordings.iter().enumerate() {
            let mut twice = Vec::new();
            for number in recording.numbers() {
                let holder = *first.entry(*number).or_insert(index);
                if recordings[holder].identity() != recording.identity() {
                    twice.push(*number);
                } else if holder != index {
                    same_as[index] = Some(holder);
                }
            }
            if !twice.is_empty() {
                outcomes[index] = Some(Recorded::Collided(twice));
            }
        }
        Self {
            recordings,
            outcomes,
            same_as,
        }
    }

    /// What became of each, or of one of which that is not known yet.
    pub(super) fn outcomes(&self) -> Option<Vec<Recorded>> {
        let outcome = |index: usize| self.outcomes[self.same_as[index].unwrap_or(index)].clone();
        (0..self.recordings.len()).map(outcome).collect()
    }

    /// Tries to record what is left in one transaction. Afterwards the outcomes are known, or it is to be tried again.
    pub(super) fn attempt<B: Backend>(
        &mut self,
        connection: &mut B::Connection,
        options: &LedgerOptions,
        ids: &Ids,
        doubt: impl FnOnce(Vec<Doubt>),
    ) -> Result<(), Failure> {
        let is_pending =
            |index: &usize| self.outcomes[*index].is_none() && self.same_as[*index].is_none();
        let pending: Vec<usize> = (0..self.recordings.len()).filter(is_pending).collect();
        if pending.is_empty() {
            return Ok(());
        }
        connection.begin()?;
        let mut inserting = Vec::new();
        match self.write::<B>(connection, options, ids, &pending, &mut inserting) {
            Ok(outcomes) => {
                let new = outcomes
                    .iter()
                    .filter(|(_, outcome)| *outcome == Recorded::New);
                let new: Vec<&Recording> = new.map(|(index, _)| &self.recordings[*index]).collect();
                if let Err(error) = connection.commit() {
                    let rows = |recording: &&Recording| {
                        let identity = recording.identity();
                        recording
                            .numbers()
                            .iter()
                            .map(move |number| (*number, identity))
                            .collect::<Vec<_>>()
                    };
                    doubt(new.iter().flat_map(rows).collect());
                    return Err(Failure::Commit(error));
                }
                for (index, outcome) in outcomes {
                    self.outcomes[index] = Some(outcome);
                }
                Ok(())
            }
            Err(Failure::Db(DbError {
                kind: Kind::Duplicate,
                ..
            })) => {
                connection.rollback()?;
                ids.jump();
                self.look_up(connection, &inserting)
            }
            Err(Failure::Db(DbError {
                kind: Kind::Conflict,
                ..
            })) => Ok(connection.rollback()?),
            // The connection is dropped, and the transaction with it.
            Err(other) => Err(other),
        }
    }

    /// Writes keys and rows, and tells of which recordings it inserts the numbers.
    fn write<B: Backend>(
        &self,
        connection: &mut B::Connection,
        options: &LedgerOptions,
        ids: &Ids,
        pending: &[usize],
        inserting: &mut Vec<usize>,
    ) -> Result<Vec<(usize, Recorded)>, Failure> {
        let with_key: Vec<&Recording> = pending
            .iter()
            .map(|index| &self.recordings[*index])
            .collect();
        let claimed = keys::claim(connection, &B::DIALECT, options.key_ttl_ms(), &with_key)?;
        let mut claimed = claimed.into_iter();
        let mut outcomes = Vec::with_capacity(pending.len());
        let mut rows = Vec::new();
        for &index in pending {
            let recording = &self.recordings[index];
            let claimed = recording
                .claim()
                .and_then(|_| claimed.next())
                .unwrap_or(Claimed::Mine);
            let outcome = match claimed {
                Claimed::Mine => {
                    inserting.push(index);
                    rows.extend(
                        recording
                            .numbers()
                            .iter()
                            .map(|number| (*number, recording)),
                    );
                    Recorded::New
                }
                Claimed::Replayed(replay) => Recorded::Replayed(replay),
                Claimed::Reused => Recorded::KeyReused,
            };
            outcomes.push((index, outcome));
        }
        for part in parts(&rows) {
            let places = repeated(row::PLACES, ",", part.len());
            let mut values = Vec::new();
            for (number, recording) in part {
                let id = ids.next(recording.issued_at_ms());
                row::of_recording(id, *number, recording, options.keeps_names(), &mut values);
            }
            let sql = format!(
                "INSERT INTO tracking_entries ({}) VALUES {places}",
                row::COLUMNS
            );
            connection.execute(&sql, &values)?;
        }
        Ok(outcomes)
    }

    /// Whose the numbers are that the database holds already. If they are none of ours, it was an id that met another.
    fn look_up(
        &mut self,
        connection: &mut impl Connection,
        inserting: &[usize],
    ) -> Result<(), Failure> {
        let numbers: Vec<TrackingNumber> = inserting
            .iter()
            .flat_map(|index| self.recordings[*index].numbers())
            .copied()
            .collect();
        let holders = holders(connection, &numbers)?;
        for &index in inserting {
            let recording = &self.recordings[index];
            let is_ours =
                |number: &TrackingNumber| holders.get(number) == Some(&recording.identity());
            let taken = recording
                .numbers()
                .iter()
                .filter(|number| holders.contains_key(number));
            let taken: Vec<TrackingNumber> = taken.copied().collect();
            if recording.numbers().iter().all(is_ours) {
                // It was recorded, and the answer was lost.
                self.outcomes[index] = Some(Recorded::New);
            } else if !taken.is_empty() {
                self.outcomes[index] = Some(Recorded::Collided(taken));
            }
        }
        Ok(())
    }
}

/// Whose each number is, of those that the database holds.
pub(super) fn holders(
    connection: &mut impl Connection,
    numbers: &[TrackingNumber],
) -> Result<HashMap<TrackingNumber, i64>, Failure> {
    let mut holders = HashMap::new();
    for part in parts(numbers) {
        let places = repeated("?", ",", part.len());
        let sql =
            format!("SELECT number, identity FROM tracking_entries WHERE number IN ({places})");
        let values: Vec<Value> = part
            .iter()
            .map(|number| Value::text(number.as_str()))
            .collect();
        for row in connection.query(&sql, &values)? {
            let mut columns = Columns::of(row);
            let number = columns.text()?.parse();
            let number = number.map_err(|error| Failure::Damaged(format!("a number: {error}")))?;
            holders.insert(number, columns.int()?);
        }
    }
    Ok(holders)
}
