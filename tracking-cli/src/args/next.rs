//! `tracking next`: its command line.

use clap::{Args, ValueEnum};
use tracking_ledger::{IdempotencyKey, Reference};
use tracking_programs::args::{LedgerArgs, ZoneArgs, whole_number};

use super::OrderArgs;

#[derive(Debug, Args)]
pub(crate) struct NextArgs {
    /// How many numbers
    #[arg(
        short = 'n',
        long = "count",
        value_name = "N",
        value_parser = whole_number(0..=u64::MAX),
        default_value_t = 1
    )]
    pub(crate) count: u64,
    /// How to write them
    ///
    /// text is a number a line. The others give each number with its time and its order: json as
    /// one array, ndjson as an object a line, csv as a row under a header.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: NextFormat,
    #[command(flatten)]
    pub(crate) zone: ZoneArgs,
    /// A name of your own for this request: asked again with it, the same numbers are printed
    ///
    /// 1 to 255 printable ASCII characters, for at most 1000 numbers; it needs a ledger. A note says
    /// where the numbers were issued before; with another order, count or reference it is an error.
    /// Callers of the server without a token share the keys.
    #[arg(long, value_name = "KEY", value_parser = IdempotencyKey::bare)]
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// What you call the parcel, such as the number of your own order, for the ledger
    ///
    /// 1 to 64 printable characters.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<Reference>,
    #[command(flatten)]
    pub(crate) ledger: LedgerArgs,
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

pub(super) const HELP: &str = "\
Examples:
  tracking next
  tracking next -n 1000000 > numbers.txt
  tracking next --format json --origin-country-id MY --destination-country-id ID --weight 1.234
  tracking next -n 10 --format csv --timezone Asia/Kuala_Lumpur --customer-slug redbox-logistics
  tracking next --ledger sqlite:ledger.db --reference PO-4711 --idempotency-key PO-4711

All order options are optional; if some are wrong, all of them are reported and nothing is reserved.
With a ledger, each number is recorded before it is printed; if that fails, it is not printed.
Ctrl-C and SIGTERM end it with a whole line (json: a whole array) and exit code 130 or 143; a second
one ends it at once.";
