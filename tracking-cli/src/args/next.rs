//! `tracking next`: its command line.

use clap::{Args, ValueEnum};
use tracking_programs::args::{ZoneArgs, whole_number};

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

All order options are optional; if some are wrong, all of them are reported and nothing is reserved.
Ctrl-C and SIGTERM end it with a whole line (json: a whole array) and exit code 130 or 143; a second
one ends it at once.";
