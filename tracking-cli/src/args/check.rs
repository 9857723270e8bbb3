//! `tracking check`: its command line.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The numbers, each 1 to 16 characters of A-Z and 0-9; without any they are read from standard
    /// input, one a line
    #[arg(value_name = "NUMBER")]
    pub(crate) numbers: Vec<OsString>,
    /// Only tell whether each is 1 to 16 characters of A-Z and 0-9, which needs no store
    #[arg(long)]
    pub(crate) shape_only: bool,
    /// How to write the verdicts
    ///
    /// text is a line of NUMBER, verdict and reason, with a tab between; json is one array, ndjson
    /// an object a line.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum CheckFormat {
    #[default]
    Text,
    Json,
    Ndjson,
}

pub(super) const HELP: &str = "\
Examples:
  tracking check 7Q2M0ABCDEF1234E
  tracking check < numbers.txt
  tracking check < numbers.txt | awk -F'\\t' '$2 == \"refused\"'
  tracking check --shape-only --format ndjson < numbers.txt

Verdicts: belongs (the series could have issued it, which is no proof that it did), refused (it
never did: certain), undecided (only the store can tell, which cannot be asked: exit code 3),
well-formed (with --shape-only).
Reasons: malformed, prefix, length, check-character, not-of-this-series, in-the-future.
From standard input: blanks round a number and empty lines are skipped. What is no text, or steers a
terminal, is written as \\xNN (json: \\uNNNN). Exit code 1 if any is refused.";
