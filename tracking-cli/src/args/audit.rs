//! `tracking audit`: its command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    /// The files; without any, or for -, standard input is read
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// What the files are: a number a line, an object a line, or rows under a header
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: AuditFormat,
    /// The field that holds the number, in ndjson and csv: tracking_number if it is not said
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<String>,
    /// Only look for repeats, and whether each is 1 to 16 characters of A-Z and 0-9, which needs no
    /// store
    #[arg(long)]
    pub(crate) shape_only: bool,
    /// The folder for temporary files; the system's own if it is not said
    ///
    /// Above some 1.2 million numbers each takes 10 bytes there, or 13 if it is no number of the
    /// series. The file has no name, and is gone when the program ends, however it does.
    #[arg(long, value_name = "DIR")]
    pub(crate) temporary_directory: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum AuditFormat {
    #[default]
    Text,
    Ndjson,
    Csv,
}

pub(super) const HELP: &str = "\
Examples:
  tracking audit shop-a.txt shop-b.txt
  tracking audit --shape-only < numbers.txt
  zcat issued-*.ndjson.gz | tracking audit --format ndjson
  tracking audit --format csv --field parcel orders.csv

What is found is a line each, with a tab between: FILE:LINE, the number, and
  repeats     FILE:LINE where it stood first
  refused     the reason, as by `tracking check`
  unreadable  what was expected of the line
Only what was issued may be named, once for each number: an answer that was given again
(Idempotent-Replayed) and a look-up are no repeats, and nothing here can tell them from one.
Without a series only shapes and repeats are looked at. Of ndjson, lines without the field are
passed over and counted. Memory stays below 2 GB, however many numbers there are. Exit code 1 if
anything is found.";
