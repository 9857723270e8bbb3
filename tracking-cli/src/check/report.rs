//! Findings as they are written.

use std::io::Write;

use serde::Serialize;
use tracking_core::Reason;
use tracking_core::shown::{Plain, escape_json};

use super::judge::Finding;
use crate::args::CheckFormat;
use crate::failure::Failure;
use crate::output::Output;

/// Findings, written one after the other into a buffer.
#[derive(Debug)]
pub(crate) struct Report {
    format: CheckFormat,
    text: Vec<u8>,
}

#[derive(Serialize)]
struct Entry<'a> {
    tracking_number: &'a str,
    belongs: Option<bool>,
    reason: Option<&'static str>,
}

impl Report {
    pub(crate) fn new(format: CheckFormat) -> Self {
        Self {
            format,
            text: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, number: &[u8], finding: Finding) {
        match self.format {
            CheckFormat::Text => self.add_text(number, finding),
            CheckFormat::Ndjson => {
                self.add_json(number, finding);
                self.text.push(b'\n');
            }
            CheckFormat::Json => {
                self.text.extend_from_slice(BETWEEN);
                self.add_json(number, finding);
            }
        }
    }

    /// What was added since the last `clear`, as it stands behind what was written before.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
    }

    fn add_text(&mut self, number: &[u8], finding: Finding) {
        let (verdict, reason) = match finding {
            Finding::Belongs => ("belongs", ""),
            Finding::WellFormed => ("well-formed", ""),
            Finding::Refused(reason) => ("refused", reason.code()),
            Finding::Undecided => ("undecided", ""),
        };
        match finding {
            Finding::Refused(Reason::Malformed) => {
                // A Vec takes every write.
                let _ = write!(self.text, "{}", Plain::bytes(number));
            }
            // Letters and digits, by the million.
            _ => self.text.extend_from_slice(number),
        }
        for column in [verdict, reason] {
            self.text.push(b'\t');
            self.text.extend_from_slice(column.as_bytes());
        }
        self.text.push(b'\n');
    }

    fn add_json(&mut self, number: &[u8], finding: Finding) {
        let (belongs, reason) = match finding {
            Finding::Belongs => (Some(true), None),
            Finding::WellFormed | Finding::Undecided => (None, None),
            Finding::Refused(reason) => (Some(false), Some(reason.code())),
        };
        let entry = Entry {
            tracking_number: &String::from_utf8_lossy(number),
            belongs,
            reason,
        };
        // Text, flags and codes always become JSON.
        let json = serde_json::to_vec(&entry).unwrap_or_default();
        self.text.extend(escape_json(json));
    }
}

/// What stands before each entry of an array, but before the first.
const BETWEEN: &[u8] = b",\n";

/// Reports as they come one after the other.
#[derive(Debug)]
pub(crate) struct Written {
    format: CheckFormat,
    output: Output,
    /// Something was written before, so that an array goes on.
    started: bool,
}

impl Written {
    pub(crate) fn new(format: CheckFormat, output: Output) -> Self {
        Self {
            format,
            output,
            started: false,
        }
    }

    /// Much is to be written.
    pub(crate) fn widen(&self) {
        self.output.widen();
    }

    pub(crate) fn write(&mut self, report: &Report) -> Result<(), Failure> {
        let mut text = report.text();
        if self.format == CheckFormat::Json && !self.started && !text.is_empty() {
            self.output.write(b"[\n")?;
            text = &text[BETWEEN.len()..];
        }
        self.started |= !text.is_empty();
        self.output.write(text)
    }

    /// Write what stands behind the last finding.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        self.output.write(match self.format {
            CheckFormat::Text | CheckFormat::Ndjson => b"",
            CheckFormat::Json if self.started => b"\n]\n",
            CheckFormat::Json => b"[]\n",
        })
    }
}
