//! What was found, as it is written.

use std::io::Write;

use tracking_core::shown::Plain;

use super::places::Place;
use crate::failure::Failure;
use crate::output::{Output, message};

/// Bytes that are written at once.
const PAGE: usize = 64 * 1024;
/// What is shown of something that is no number, in bytes.
const SHOWN: usize = 64;

/// Lines of findings, and how many there were.
#[derive(Debug)]
pub(super) struct Report {
    output: Output,
    page: Vec<u8>,
    numbers: u64,
    repeated: u64,
    refused: u64,
    unreadable: u64,
    passed_over: u64,
}

impl Report {
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self {
            output: Output::new()?,
            page: Vec::new(),
            numbers: 0,
            repeated: 0,
            refused: 0,
            unreadable: 0,
            passed_over: 0,
        })
    }

    /// A number was read, whatever it is.
    pub(super) fn number(&mut self) {
        self.numbers += 1;
    }

    /// A line has no number.
    pub(super) fn passed_over(&mut self) {
        self.passed_over += 1;
    }

    pub(super) fn refused(
        &mut self,
        place: &Place<'_>,
        given: &[u8],
        reason: &str,
    ) -> Result<(), Failure> {
        self.refused += 1;
        self.line(place, given, "refused", reason)
    }

    /// A line, that begins with this, is no row.
    pub(super) fn unreadable(
        &mut self,
        place: &Place<'_>,
        start: &[u8],
        expected: &str,
    ) -> Result<(), Failure> {
        self.unreadable += 1;
        self.line(place, start, "unreadable", expected)
    }

    pub(super) fn repeats(
        &mut self,
        place: &Place<'_>,
        number: &str,
        first: &Place<'_>,
    ) -> Result<(), Failure> {
        self.repeated += 1;
        self.line(place, number.as_bytes(), "repeats", &first.to_string())
    }

    /// Nothing was audited though there were lines: then the field's name is wrong.
    pub(super) fn nothing_read(&mut self) -> Result<(), Failure> {
        if self.numbers == 0 && self.passed_over > 0 {
            self.flush()?;
            return Err(Failure::Undone(format!(
                "none of {} lines has the field: name the one that holds the number with --field",
                self.passed_over
            )));
        }
        Ok(())
    }

    /// Write what is left, and sum up; whether anything was found.
    pub(super) fn end(&mut self, inputs: usize) -> Result<bool, Failure> {
        self.flush()?;
        let found = [
            (self.repeated, "repeated"),
            (self.refused, "refused"),
            (self.unreadable, "unreadable lines"),
            (self.passed_over, "lines without the field"),
        ];
        let always = 2;
        let found: Vec<String> = (0..)
            .zip(found)
            .filter(|(index, (count, _))| *index < always || *count > 0)
            .map(|(_, (count, what))| format!("{count} {what}"))
            .collect();
        let numbers = plural(self.numbers, "number");
        let inputs = plural(inputs as u64, "file");
        message(
            "note",
            &format!("{numbers} in {inputs}: {}", found.join(", ")),
        );
        Ok(self.repeated + self.refused + self.unreadable > 0)
    }

    fn line(
        &mut self,
        place: &Place<'_>,
        given: &[u8],
        finding: &str,
        more: &str,
    ) -> Result<(), Failure> {
        let (shown, cut) = match given.get(..SHOWN) {
            Some(start) if given.len() > SHOWN => (start, "…"),
            _ => (given, ""),
        };
        let shown = Plain::bytes(shown);
        // A Vec takes every write.
        let _ = writeln!(self.page, "{place}\t{shown}{cut}\t{finding}\t{more}");
        match self.page.len() {
            PAGE.. => self.flush(),
            _ => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.write(&self.page)?;
        self.page.clear();
        Ok(())
    }
}

fn plural(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
