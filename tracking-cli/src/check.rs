//! `tracking check`: tell which numbers belong to the series.

pub(crate) mod judge;
mod lines;
mod report;
mod share;

use std::io::IsTerminal;
use std::os::unix::ffi::OsStrExt;

use tracking_core::AllocateError;
use tracking_programs::args::{StoreArgs, standard_input};
use tracking_programs::remedies::InOurWords;

use self::judge::Judge;
use self::lines::Lines;
use self::report::Written;
use self::share::{Share, judge_lines};
use crate::args::CheckArgs;
use crate::failure::Failure;
use crate::output::{Output, message};
use crate::pipe::widen;
use crate::stores::open_existing;

pub(crate) fn run(args: &CheckArgs, store: &StoreArgs) -> Result<(), Failure> {
    let judge = if args.shape_only {
        Judge::of_shape()
    } else {
        Judge::of_series(open_existing(store)?)
    };
    let mut check = Check {
        judge,
        shares: Share::all(args.format),
        written: Written::new(args.format, Output::new()?),
        refused: false,
        undecided: None,
    };
    if args.numbers.is_empty() {
        check.standard_input()?;
    } else {
        // An empty argument is a number that a script failed to fill in, and refused.
        let numbers = args.numbers.iter().map(|number| number.as_bytes());
        check.numbers(numbers.map(<[u8]>::trim_ascii))?;
    }
    check.written.end()?;
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

/// Bytes that come at once only where the writer is faster than this is.
const MANY: usize = 32 * 1024;

struct Check {
    judge: Judge,
    shares: Vec<Share>,
    written: Written,
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
        let mut lines = Lines::new(&input);
        let mut many = false;
        while lines.read().map_err(failed)? {
            if !many && lines.whole().len() >= MANY {
                many = true;
                widen(&input);
                self.written.widen();
            }
            self.lines(lines.whole())?;
        }
        Ok(())
    }

    /// Judge lines that have been read, and write what was found before more are read: so that
    /// somebody who sends a line gets its answer.
    fn lines(&mut self, lines: &[u8]) -> Result<(), Failure> {
        self.judge.look();
        let used = judge_lines(&self.judge, lines, &mut self.shares);
        self.write(used)
    }

    fn numbers<'a>(&mut self, numbers: impl Iterator<Item = &'a [u8]>) -> Result<(), Failure> {
        self.judge.look();
        self.shares[0].judge(&self.judge, numbers);
        self.write(1)
    }

    /// Write what was found in so many shares, by the same look.
    fn write(&mut self, used: usize) -> Result<(), Failure> {
        for share in &self.shares[..used] {
            self.refused |= share.refused;
            if share.undecided && self.undecided.is_none() {
                self.undecided = self.judge.failed().cloned();
            }
            self.written.write(&share.report)?;
        }
        Ok(())
    }
}
