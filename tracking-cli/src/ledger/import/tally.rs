//! What old numbers mean for a series: whether it could meet them, and which prefix cannot.

use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use rand::seq::IteratorRandom;
use serde::Serialize;
use tracking_core::{Series, Verdict};
use tracking_ledger::{Imported, OldNumber};

use crate::output::table::Table;

/// The characters of a number, in their order.
const CHARACTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// Prefixes of three characters.
const PREFIXES: usize = 36 * 36 * 36;

/// Counts numbers as they come.
pub(super) struct Tally<'a> {
    series: Option<&'a Series>,
    could_meet: u64,
    /// For each prefix whether a number has it.
    used: Box<[bool]>,
}

/// What became of an import.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    added: u64,
    known: u64,
    /// The name and prefix of the series, if it is there.
    series: Option<String>,
    prefix: Option<String>,
    /// `None` without a series.
    could_meet: Option<u64>,
    /// `None` if all are used.
    free_prefix: Option<String>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(series: Option<&'a Series>) -> Self {
        Self {
            series,
            could_meet: 0,
            used: vec![false; PREFIXES].into(),
        }
    }

    pub(super) fn add(&mut self, numbers: &[OldNumber]) {
        for OldNumber { number, .. } in numbers {
            if let Some(used) = prefix_of(number.as_bytes()).and_then(|at| self.used.get_mut(at)) {
                *used = true;
            }
            // Whatever its clock says and its store knows: it may come to what it has not used yet.
            let could_meet = self.series.is_some_and(|series| {
                matches!(series.judge(number, i64::MAX, None), Verdict::Belongs(_))
            });
            self.could_meet += u64::from(could_meet);
        }
    }

    pub(super) fn report(&self, sum: Imported) -> Report {
        // Any of them: two shops that import need not get the same.
        let free = (0..PREFIXES).filter(|at| !self.used[*at]);
        let source = StdRng::try_from_rng(&mut SysRng);
        Report {
            added: sum.added,
            known: sum.known,
            series: self.series.map(|series| series.name().to_string()),
            prefix: self.series.map(|series| series.prefix().to_string()),
            could_meet: self.series.map(|_| self.could_meet),
            free_prefix: source
                .ok()
                .and_then(|mut source| free.choose(&mut source))
                .map(prefix),
        }
    }
}

impl Report {
    pub(super) fn table(&self) -> Table {
        let could_meet = match (&self.series, self.could_meet) {
            (Some(series), Some(count)) => format!("{count}, of the series `{series}`"),
            _ => "-, since the series is not there".to_owned(),
        };
        Table::default()
            .line("added", self.added)
            .line("known", self.known)
            .line("could meet", could_meet)
            .maybe("free prefix", &self.free_prefix)
    }

    /// What to do where numbers could meet.
    pub(super) fn advice(&self) -> Option<String> {
        let free = self.free_prefix.as_ref()?;
        let count = self.could_meet.filter(|count| *count > 0)?;
        let numbers = if count == 1 { "number" } else { "numbers" };
        Some(format!(
            "{count} {numbers} could be issued again by the series; with this ledger none is given out a second time, and a series with the prefix {free} meets none: `tracking series create --series NAME --prefix {free}`"
        ))
    }
}

/// The index of the first three characters.
fn prefix_of(number: &[u8]) -> Option<usize> {
    let digit = |byte: &u8| CHARACTERS.iter().position(|character| character == byte);
    let start = number.get(..3)?;
    start
        .iter()
        .try_fold(0, |index, byte| Some(index * 36 + digit(byte)?))
}

fn prefix(index: usize) -> String {
    [index / 36 / 36, index / 36, index]
        .map(|digit| char::from(CHARACTERS[digit % 36]))
        .iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(number: &str) -> OldNumber {
        OldNumber::parse(number, "2024-01-01 12:00:00").unwrap()
    }

    #[test]
    fn a_prefix_is_read_as_it_is_written() {
        for (index, text) in [(0, "000"), (35, "00Z"), (36, "010"), (PREFIXES - 1, "ZZZ")] {
            assert_eq!(
                (prefix_of(text.as_bytes()), &*prefix(index)),
                (Some(index), text)
            );
        }
        assert_eq!(prefix_of(b"AB"), None);
    }

    #[test]
    fn the_only_free_prefix_is_found_and_none_where_none_is() {
        let mut tally = Tally::new(None);
        let all: Vec<_> = (0..PREFIXES).map(|at| old(&prefix(at))).collect();
        let but_one: Vec<_> = all
            .iter()
            .copied()
            .filter(|old| old.number.as_str() != "7Q2")
            .collect();
        tally.add(&but_one);
        let free = |tally: &Tally<'_>| tally.report(Imported::default()).free_prefix;
        assert_eq!(free(&tally).as_deref(), Some("7Q2"));
        tally.add(&[old("7Q")]);
        assert_eq!(free(&tally).as_deref(), Some("7Q2"));
        tally.add(&[old("7Q2M")]);
        assert_eq!(free(&tally), None);
    }
}
