//! A simulated MySQL or MariaDB: a table of rows with its keys, a clock, an identity.

use std::collections::BTreeMap;

use tracking_core::mysql::{SessionAnswer, Value};

/// The fingerprint of another series.
pub(super) const FOREIGN: &str = "00000000f0e1d2c3";

/// The columns of a row, by their names.
pub(super) type Row = BTreeMap<String, Value>;
/// The values that a statement names.
pub(super) type Values = [(String, Value)];

/// The table `tracking_series`.
#[derive(Debug, Clone)]
pub(in super::super) struct Table {
    /// The columns of which each is unique.
    pub(super) keys: Vec<String>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone)]
pub(in super::super) struct MySql {
    /// None where there is no such table.
    pub(super) table: Option<Table>,
    /// What its clock differs from the true time by.
    pub(super) offset_ms: i64,
    /// The true time until which it is read-only.
    pub(super) read_only_until_ms: u64,
    /// The true time until which another series is in the row, and what is put back then.
    pub(super) usurped: Option<(u64, Row)>,
    pub(super) delayed: Vec<Delayed>,
    /// The nonce that each process read last.
    pub(super) read: BTreeMap<usize, Value>,
    /// The variables that are the same on all machines.
    pub(super) variables: BTreeMap<&'static str, String>,
    /// The variable that differs.
    pub(super) differs: &'static str,
    /// Which machine it is, of those that were; and what their clocks differ from the true time by.
    pub(super) machine: usize,
    pub(super) machines: Vec<i64>,
}

/// A statement that is executed at that moment of the true time, though nobody waits for it any more.
#[derive(Debug, Clone)]
pub(super) struct Delayed {
    pub(super) due_ms: u64,
    pub(super) statement: String,
    pub(super) values: Vec<(String, Value)>,
}

/// Why it did not do as it was told.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) code: u16,
    pub(super) words: &'static str,
}

impl Refused {
    /// What a real one says of a statement that it cannot read; here the simulation knows none like it.
    pub(super) const UNKNOWN: u16 = 1064;
    pub(super) const STATEMENT: Self = Self::new(Self::UNKNOWN, "statements that are not known");

    pub(super) const fn new(code: u16, words: &'static str) -> Self {
        Self { code, words }
    }
}

pub(super) type Answered = Result<SessionAnswer, Refused>;

/// Whether a statement writes a series' row.
pub(super) fn is_write(statement: &str) -> bool {
    is_swap(statement) || statement.starts_with("INSERT INTO ")
}

/// Whether it writes a state in the place of another.
pub(super) fn is_swap(statement: &str) -> bool {
    statement.starts_with("UPDATE ")
}

pub(super) fn bytes(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

impl MySql {
    /// The row that another series was in is as it was before, unless it is gone or was written over since.
    pub(super) fn give_back(&mut self, now_ms: u64) {
        if self
            .usurped
            .as_ref()
            .is_some_and(|(until_ms, _)| *until_ms <= now_ms)
            && let Some((_, own)) = self.usurped.take()
            && let Some(row) = self.rows().find(|row| is_foreign(row))
        {
            *row = own;
        }
    }

    /// The next of what was delayed until now.
    pub(super) fn due(&mut self, now_ms: u64) -> Option<Delayed> {
        let is_due = |late: &Delayed| late.due_ms <= now_ms;
        let place = self.delayed.iter().position(is_due)?;
        Some(self.delayed.remove(place))
    }

    pub(super) fn rows(&mut self) -> impl Iterator<Item = &mut Row> {
        self.table.iter_mut().flat_map(|table| &mut table.rows)
    }

    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let own =
            (name == self.differs).then(|| format!("{}{}", self.variables[name], self.machine));
        own.or_else(|| self.variables.get(name).cloned())
    }

    /// Who it is, as the store asks for it.
    pub(super) fn identity(&self) -> String {
        let names = ["server_uuid", "server_uid", "server_id", "hostname", "port"];
        let known: Vec<String> = names
            .iter()
            .filter_map(|name| self.variable(name))
            .collect();
        known.join(".")
    }
}

/// Whether another series is in a row.
pub(super) fn is_foreign(row: &Row) -> bool {
    row.get("fingerprint") == Some(&bytes(FOREIGN))
}
