//! `tracking ledger`: its command line.

mod filter;
mod import;

use clap::{Args, Subcommand, ValueEnum};
use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;
use tracking_core::rfc3339;
use tracking_ledger::Cursor;
use tracking_programs::args::{LedgerUrlArgs, ZoneArgs, whole_number};

pub(crate) use self::filter::FilterArgs;
pub(crate) use self::import::{ImportArgs, SourceArgs};
use super::ReportArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Show for which order a number was issued
    #[command(after_help = SHOW)]
    Show(ShowEntryArgs),
    /// List what was issued, newest first
    #[command(after_help = LIST)]
    List(ListArgs),
    /// Write all that was issued, or all of a customer, as CSV or NDJSON
    #[command(after_help = EXPORT)]
    Export(ExportArgs),
    /// Take out what tells who a customer is: article 17 GDPR
    #[command(after_help = ERASE)]
    Erase(EraseArgs),
    /// Take out what tells who the customers were, of what was issued long ago
    #[command(after_help = PRUNE)]
    Prune(PruneArgs),
    /// Take in old numbers, of a Django service or a CSV file
    #[command(after_help = import::HELP)]
    Import(ImportArgs),
}

impl LedgerCommand {
    /// Which ledger.
    pub(crate) fn ledger(&self) -> &LedgerUrlArgs {
        match self {
            Self::Show(args) => &args.ledger,
            Self::List(args) => &args.ledger,
            Self::Export(args) => &args.ledger,
            Self::Erase(args) => &args.ledger,
            Self::Prune(args) => &args.ledger,
            Self::Import(args) => &args.ledger,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ShowEntryArgs {
    /// The number
    #[arg(value_name = "NUMBER")]
    pub(crate) number: TrackingNumber,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    ledger: LedgerUrlArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// How many at most, from 1 to 1000
    #[arg(long, value_name = "N", value_parser = whole_number(1..=1_000_usize), default_value_t = 100)]
    pub(crate) limit: usize,
    /// Go on where a list with the same filter ended, which told this cursor
    #[arg(long, value_name = "CURSOR")]
    pub(crate) cursor: Option<Cursor>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    ledger: LedgerUrlArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// How to write them
    ///
    /// csv is a row under a header, ndjson an object a line.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    #[command(flatten)]
    ledger: LedgerUrlArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ExportFormat {
    #[default]
    Csv,
    Ndjson,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArgs {
    /// Whose: a UUID with its hyphens
    #[arg(long, value_name = "UUID")]
    pub(crate) customer_id: CustomerId,
    #[command(flatten)]
    ledger: LedgerUrlArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// What was issued before this time, by RFC 3339 such as 2027-01-15T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = rfc3339::parse)]
    pub(crate) before: i64,
    /// Delete the entries themselves, too, but for those that were imported
    #[arg(long)]
    pub(crate) rows: bool,
    #[command(flatten)]
    ledger: LedgerUrlArgs,
}

pub(super) const HELP: &str = "\
Examples:
  export TRACKING_LEDGER=sqlite:/var/lib/tracking/ledger.db
  tracking ledger show 7Q2M0ABCDEF1234E
  tracking ledger list --customer-id de619854-b59b-425e-9db4-943979e1bd49
  tracking ledger export --from 2027-01-01T00:00:00Z > issued.csv
  tracking ledger erase --customer-id de619854-b59b-425e-9db4-943979e1bd49

A ledger holds what `tracking-http --ledger` and `tracking next --ledger` issued: each number, when,
for which order and whom. All of these commands need --ledger or TRACKING_LEDGER.";

const SHOW: &str = "\
Examples:
  tracking ledger show 7Q2M0ABCDEF1234E --ledger sqlite:ledger.db
  tracking ledger show 7Q2M0ABCDEF1234E --format json

`origin` is issued or imported. Exit code 1 if the ledger does not have the number (json: null).";

const LIST: &str = "\
Examples:
  tracking ledger list --reference PO-4711
  tracking ledger list --from 2027-01-04T00:00:00+08:00 --to 2027-01-05T00:00:00+08:00 --limit 1000
  tracking ledger list --token shop-a --format json

--customer-id, --reference, --request-id, --from and --to are found by an index; the other filters
look at each entry that these leave. Where there are more, a note tells the cursor for the rest
(json: next_cursor).";

const EXPORT: &str = "\
Examples:
  tracking ledger export > issued.csv
  tracking ledger export --customer-id de619854-b59b-425e-9db4-943979e1bd49 --format ndjson
  tracking ledger export --from 2027-01-01T00:00:00Z --to 2027-02-01T00:00:00Z > january.csv

Newest first, in short reads that hold up nobody who records; what is issued meanwhile may be
missing. In CSV a cell that begins with = + - @, a tab or a carriage return gets an apostrophe
before it, so that no spreadsheet takes it for a formula; ndjson has every text as it is.
Ctrl-C and SIGTERM end it with a whole line and exit code 130 or 143.";

const ERASE: &str = "\
Examples:
  tracking ledger erase --customer-id de619854-b59b-425e-9db4-943979e1bd49

It takes customer_id, customer_name, customer_slug, reference and request_id out of every entry of
the customer, and says of how many. The numbers stay, with countries, weight and times. It may be
run again. What backups and binlogs still hold is not touched: the README tells of it.";

const PRUNE: &str = "\
Examples:
  tracking ledger prune --before 2026-01-01T00:00:00Z
  tracking ledger prune --before 2026-01-01T00:00:00Z --rows

It takes out what `tracking ledger erase` does, of all customers, and says of how many entries.
With --rows the entries are deleted; imported numbers stay, since they guard against being issued
again.";
