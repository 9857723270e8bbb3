//! `tracking audit`: find numbers that occur twice, in any number of files, in bounded memory.
//!
//! ```text
//!   source ─> text · ndjson · csv ─> judge ─> packed ─> buckets ─> repeats ─> report
//! ```
//!
//! Each number is packed into 8 or 11 bytes and put, with the place where it stood, into one of many
//! buckets, by a hash of it: so two that are the same are in one bucket. Buckets go to a temporary file as
//! they fill up, and are then looked through one after the other.

mod buckets;
mod csv;
mod judge;
mod lines;
mod ndjson;
mod packed;
mod places;
mod repeats;
mod report;
mod source;
mod spill;

use std::time::Instant;

use tracking_programs::args::StoreArgs;
use tracking_programs::remedies::InOurWords;

use self::buckets::Buckets;
use self::judge::Judge;
use self::places::Places;
use self::report::Report;
use self::source::{Input, Part, Source};
use crate::args::{AuditArgs, AuditFormat};
use crate::failure::Failure;
use crate::progress::Progress;

/// The field that is read where none is named: that of our own answers.
const FIELD: &str = "tracking_number";

pub(crate) fn run(args: &AuditArgs, store: &StoreArgs) -> Result<(), Failure> {
    if args.format == AuditFormat::Text && args.field.is_some() {
        return Err(Failure::Usage(
            "--field is of no use to text, which is a number a line: name --format ndjson or csv"
                .to_owned(),
        ));
    }
    let field = args.field.as_deref().unwrap_or(FIELD);
    let source = Source::of(&args.files)?;
    let judge = Judge::open(args.shape_only, store)?;
    let temporary = args.temporary_directory.clone();
    let mut audit = Audit {
        judge,
        places: Places::default(),
        buckets: Buckets::new(temporary.unwrap_or_else(std::env::temp_dir)),
        report: Report::new()?,
        failed: None,
    };
    let progress = Progress::of_parts(source.length());
    let mut before = 0;
    for input in source.inputs() {
        before += audit.read(input?, args.format, field, &progress, before)?;
    }
    drop(progress);
    audit.end()
}

struct Audit {
    judge: Judge,
    places: Places,
    buckets: Buckets,
    report: Report,
    /// What went wrong inside a reader's page.
    failed: Option<Failure>,
}

impl Audit {
    /// Read one input, of which `before` bytes stood in others; how many it has.
    fn read(
        &mut self,
        input: Input,
        format: AuditFormat,
        field: &str,
        progress: &Progress,
        before: u64,
    ) -> Result<u64, Failure> {
        self.places.begin(input.name());
        let mut pages = input.pages(format, field);
        loop {
            // What the store knew before a page was read may be too old for a number of it.
            let mut received = None;
            let more = pages.read(&mut |line, part| {
                if self.failed.is_none() {
                    let received = *received.get_or_insert_with(Instant::now);
                    self.failed = self.take(line, part, received).err();
                }
            })?;
            if let Some(failure) = self.failed.take() {
                return Err(failure);
            }
            if !more {
                break;
            }
            progress.at(before + pages.bytes());
        }
        self.places.end(pages.lines());
        Ok(pages.bytes())
    }

    fn take(&mut self, line: u64, part: Part<'_>, received: Instant) -> Result<(), Failure> {
        let given = match part {
            Part::Number(given) => given,
            Part::Blank => return Ok(()),
            Part::Nothing => {
                self.report.passed_over();
                return Ok(());
            }
            Part::Unreadable(start, expected) => {
                let place = self.places.of_line(line);
                return self.report.unreadable(&place, start, expected);
            }
        };
        let (packed, refused) = self.judge.judge(given, received);
        if let Some(reason) = refused {
            let place = self.places.of_line(line);
            self.report.refused(&place, given, reason)?;
        }
        self.report.number();
        match packed {
            Some(packed) => self.buckets.add(packed, self.places.at(line)),
            None => Ok(()),
        }
    }

    fn end(mut self) -> Result<(), Failure> {
        self.report.nothing_read()?;
        let text = |packed| self.judge.text(packed);
        repeats::find(self.buckets, &self.places, &text, &mut self.report)?;
        let found = self.report.end(self.places.count())?;
        match self.judge.failed() {
            Some(why) => Err(Failure::Undone(format!(
                "some numbers are undecided, since only the store can tell: {}",
                InOurWords(why)
            ))),
            None if found => Err(Failure::Refused),
            None => Ok(()),
        }
    }
}
