//! `tracking token`: its command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tracking_core::rfc3339;
use tracking_programs::args::whole_number;
use tracking_programs::tokens::{Scope, TokenName};

use super::ReportArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token, and the lines for the server's file
    #[command(after_help = NEW)]
    New(NewTokenArgs),
    /// Check the server's file of tokens: what each token may, or every mistake in it
    #[command(after_help = CHECK)]
    Check(CheckTokensArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CheckTokensArgs {
    /// The file, as for `tracking-http --tokens`
    #[arg(value_name = "FILE", env = "TRACKING_TOKENS", hide_env_values = true)]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct NewTokenArgs {
    /// Whose it is: 1 to 64 characters of a-z, 0-9 and -
    ///
    /// The server logs it. Two tokens may have one name, for as long as one takes the place of the other.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: TokenName,
    /// What it is good for: issue, read, metrics or ledger
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
    /// When it ends to be good, by RFC 3339 such as 2028-01-01T00:00:00Z
    ///
    /// Without it: never.
    #[arg(long, value_name = "TIME", value_parser = rfc3339::parse)]
    pub(crate) expires: Option<i64>,
    /// How many numbers a second all tokens of this name may take, 1 to 10000000
    ///
    /// Without it there is no such limit.
    #[arg(long, value_name = "COUNT", value_parser = whole_number(0..=u32::MAX))]
    pub(crate) rate: Option<u32>,
    /// How many of them at once, 1 or more
    ///
    /// Without it: as many as in a second.
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = whole_number(0..=u32::MAX),
        requires = "rate"
    )]
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

pub(super) const HELP: &str = "\
Examples:
  tracking token new --name shop-a --scope issue --file /etc/tracking/tokens.toml
  tracking token check /etc/tracking/tokens.toml

A token lets a caller in at a server that runs with --tokens. The server's file holds the SHA-256 of
each, never the token.";

const NEW: &str = "\
Examples:
  tracking token new --name shop-a --scope issue
  tracking token new --name shop-a --scope issue --file /etc/tracking/tokens.toml
  tracking token new --name shop-a --scope issue,read --expires 2028-01-01T00:00:00Z
  tracking token new --name shop-b --scope issue --rate 100 --burst 1000
  tracking token new --name prometheus --scope metrics --format json

It prints the token, an empty line, and the lines for the file of `tracking-http --tokens`; with
--file it puts them there. The token itself is kept nowhere: one that is lost is replaced.
To replace one that is in use, add the lines of another with the same name and rate by hand, send
SIGHUP to the server, give the caller the new token, and take the old lines out.";

const CHECK: &str = "\
Examples:
  tracking token check /etc/tracking/tokens.toml
  tracking token check /etc/tracking/tokens.toml --format json
  tracking token check tokens.toml && kill -HUP \"$(pidof tracking-http)\"

The file is read as the server does. A row for each token: the line it begins at, whose it is,
what it is good for, how many numbers a second and at once, when it ends to be good; - is no
limit, or never. json is one object, with `tokens` and `mistakes`. A token itself is never shown.
A file with mistakes: FILE:LINE:COLUMN: MESSAGE for each, and exit code 1; of one that is no
TOML, the first. Exit code 3 if the file can't be read.";
