//! The command line.

pub(crate) mod help;
mod order;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracking_core::SeriesName;
use tracking_programs::args::{StoreArgs, ZoneArgs};
use tracking_programs::tokens::{Scope, TokenName};

pub(crate) use order::OrderArgs;

use crate::output::instant::parse_rfc3339;

/// Parcel tracking numbers that never repeat.
#[derive(Debug, Parser)]
#[command(name = "tracking", version, arg_required_else_help = true)]
#[command(propagate_version = true, after_help = help::TOP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Issue tracking numbers
    #[command(after_help = help::NEXT)]
    Next(NextArgs),
    /// Tell which numbers belong to the series, from arguments or standard input
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// Take numbers apart: prefix, body, check character; lane, time and slot
    #[command(after_help = help::INSPECT)]
    Inspect(InspectArgs),
    /// Show, create or restore a series
    #[command(subcommand, arg_required_else_help = true, after_help = help::SERIES)]
    Series(SeriesCommand),
    /// Make a token for a caller of the server
    #[command(subcommand, arg_required_else_help = true, after_help = help::TOKEN)]
    Token(TokenCommand),
}

#[derive(Debug, Args)]
pub(crate) struct NextArgs {
    /// How many numbers; each reserves one serial
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 1)]
    pub(crate) count: u64,
    /// How to write them
    ///
    /// text is a number a line. The others give each number with its time and its order: json as
    /// one array, ndjson as an object a line, csv as a row under a header.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: NextFormat,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum NextFormat {
    #[default]
    Text,
    Json,
    Ndjson,
    Csv,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The numbers; without any they are read from standard input, one a line
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

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The numbers
    #[arg(value_name = "NUMBER", required = true)]
    pub(crate) numbers: Vec<OsString>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// How to write an object, or several.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ReportArgs {
    /// How to write it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SeriesCommand {
    /// Show a series
    #[command(after_help = help::SHOW)]
    Show {
        /// Its name; without it that of --series
        #[arg(value_name = "NAME")]
        name: Option<SeriesName>,
        /// Show the secret key too, for a backup
        #[arg(long)]
        reveal_key: bool,
        #[command(flatten)]
        report: ReportArgs,
    },
    /// Create a series; an error if it is there already
    #[command(after_help = help::CREATE)]
    Create {
        #[command(flatten)]
        report: ReportArgs,
    },
    /// Bring back a series that was lost, with its --key-file
    #[command(after_help = help::RESTORE)]
    Restore {
        /// When it was created, by RFC 3339
        ///
        /// A number from before is refused. Without it: 2025-01-01T00:00:00Z, which refuses none.
        #[arg(long, value_name = "TIME", value_parser = parse_rfc3339)]
        created: Option<i64>,
        #[command(flatten)]
        report: ReportArgs,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and the lines for the server's file
    #[command(after_help = help::NEW_TOKEN)]
    New(NewTokenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct NewTokenArgs {
    /// Whose it is: 1 to 64 characters of a-z, 0-9 and -
    ///
    /// The server logs it. Two tokens may have one name, for as long as one takes the place of the other.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: TokenName,
    /// What it is good for: issue, read or metrics
    ///
    /// issue takes numbers, read asks whether a number is of the series, metrics reads the server's
    /// figures. Several with commas between, or one for each flag.
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        required = true,
        value_delimiter = ','
    )]
    pub(crate) scopes: Vec<Scope>,
    /// When it ends to be good, by RFC 3339
    ///
    /// Without it: never.
    #[arg(long, value_name = "TIME", value_parser = parse_rfc3339)]
    pub(crate) expires: Option<i64>,
    /// How many numbers a second all tokens of this name may take
    ///
    /// Without it there is no such limit.
    #[arg(long, value_name = "COUNT")]
    pub(crate) rate: Option<u32>,
    /// How many of them at once
    ///
    /// Without it: as many as in a second.
    #[arg(long, value_name = "COUNT", requires = "rate")]
    pub(crate) burst: Option<u32>,
    /// Put the lines at the end of this file, and print the token alone
    ///
    /// A new file is for you alone; one that is there keeps its mode. It must have no token of that
    /// name yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}
