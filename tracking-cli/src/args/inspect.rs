//! `tracking inspect`: its command line.

use std::ffi::OsString;

use clap::Args;

use super::ReportArgs;

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The numbers, each 1 to 16 characters of A-Z and 0-9
    #[arg(value_name = "NUMBER", required = true)]
    pub(crate) numbers: Vec<OsString>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(super) const HELP: &str = "\
Examples:
  tracking inspect 7Q2M0ABCDEF1234E
  tracking inspect 7Q2M0ABCDEF1234E --format json

Several numbers: a paragraph each, or with json an object a line. Without its series a number shows
only its shape, and whether its check character is right. Exit code 1 if a number is refused, 3 if
there is no series to decide it.";
