//! `tracking check`: tell which numbers belong to the series.

pub(crate) mod judge;
mod lines;
mod report;

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;

use tracking_core::AllocateError;
use tracking_programs::args::{StoreArgs, standard_input};
use tracking_programs::remedies::InOurWords;

use self::judge::{Finding, Judge};
use self::lines::Lines;
use self::report::Report;
use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::output::{Output, message};
use crate::stores::open_existing;

pub(crate) fn run(args: &CheckArgs, store: &StoreArgs) -> Result<(), Failure> {
    let judge = if args.shape_only {
        Judge::of_shape()
    } else {
        Judge::of_series(open_existing(store)?)
    };
    let mut check = Check {
        judge,
        report: Report::new(args.format),
        output: Output::new()?,
        refused: false,
        undecided: None,
    };
    if args.numbers.is_empty() {
        check.standard_input()?;
    } else {
        // An empty argument is a number that a script failed to fill in, and refused.
        let numbers = args.numbers.iter().map(|number| number.as_bytes());
        check.batch(numbers.map(<[u8]>::trim_ascii))?;
    }
    check.output.write(check.report.end())?;
    match check {
        Check {
            undecided: Some(why),
            ..
        } => Err(Failure::Undone(format!(
            "some numbers are undecided, since only the store can tell: {}",
            InOurWords(&why)
        ))),
        Check { refused: true, .. } => Err(Failure::Refused),
        _ => Ok(()),
    }
}

struct Check {
    judge: Judge,
    report: Report,
    output: Output,
    refused: bool,
    /// Why the store could not be asked about some.
    undecided: Option<AllocateError>,
}

impl Check {
    fn standard_input(&mut self) -> Result<(), Failure> {
        let failed = |error| Failure::Undone(format!("cannot read standard input: {error}"));
        let input = standard_input().map_err(failed)?;
        if input.is_terminal() {
            message(
                "note",
                "reading numbers from the terminal, one a line; Ctrl-D ends",
            );
        }
        let mut lines = Lines::new(input);
        while lines.read().map_err(failed)? {
            self.batch(lines.whole())?;
        }
        Ok(())
    }

    /// Judge numbers that have been read, and write what was found before more are read: so that
    /// somebody who sends a line gets its answer.
    fn batch<'a>(&mut self, numbers: impl Iterator<Item = &'a [u8]>) -> Result<(), Failure> {
        self.judge.look();
        for number in numbers {
            let finding = self.judge.find(number);
            self.refused |= matches!(finding, Finding::Refused(_));
            if finding == Finding::Undecided && self.undecided.is_none() {
                self.undecided = self.judge.failed().cloned();
            }
            self.report.add(number, finding);
        }
        self.output.write(self.report.text())?;
        self.report.clear();
        Ok(())
    }
}
