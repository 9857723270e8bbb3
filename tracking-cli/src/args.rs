//! The command line: a file for what stands behind each command's name.

mod audit;
mod check;
mod inspect;
mod ledger;
mod next;
mod order;
mod programs;
mod series;
mod token;
pub(crate) mod unused;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tracking_programs::args::StoreArgs;

pub(crate) use self::audit::{AuditArgs, AuditFormat};
pub(crate) use self::check::{CheckArgs, CheckFormat};
pub(crate) use self::inspect::InspectArgs;
pub(crate) use self::ledger::{
    EraseArgs, ExportArgs, ExportFormat, ImportArgs, LedgerCommand, ListArgs, PruneArgs,
    ShowEntryArgs, SourceArgs,
};
pub(crate) use self::next::{NextArgs, NextFormat};
pub(crate) use self::order::OrderArgs;
pub(crate) use self::programs::{CompletionsArgs, ManArgs};
pub(crate) use self::series::{MoveArgs, RestoreArgs, SeriesCommand, ShowArgs};
pub(crate) use self::token::{CheckTokensArgs, NewTokenArgs, TokenCommand};

/// Parcel tracking numbers that never repeat.
#[derive(Debug, Parser)]
#[command(name = "tracking", version, arg_required_else_help = true)]
#[command(propagate_version = true, after_help = HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Issue tracking numbers
    #[command(after_help = next::HELP)]
    Next(NextArgs),
    /// Tell which numbers belong to the series, from arguments or standard input
    #[command(after_help = check::HELP)]
    Check(CheckArgs),
    /// Find numbers that occur twice, or do not belong, in files of any length
    #[command(after_help = audit::HELP)]
    Audit(AuditArgs),
    /// Take numbers apart: prefix, body, check character; lane, time and slot
    #[command(after_help = inspect::HELP)]
    Inspect(InspectArgs),
    /// Show, list and export what was issued; erase, prune, import
    #[command(subcommand, arg_required_else_help = true, after_help = ledger::HELP)]
    Ledger(LedgerCommand),
    /// List series; show, create, restore or move one
    #[command(subcommand, arg_required_else_help = true, after_help = series::HELP)]
    Series(SeriesCommand),
    /// Make a token for a caller of the server, or check its file of tokens
    #[command(subcommand, arg_required_else_help = true, after_help = token::HELP)]
    Token(TokenCommand),
    /// Print a script that completes commands and options in a shell
    #[command(after_help = programs::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = programs::MAN)]
    Man(ManArgs),
}

/// How to write an object, or several.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ReportArgs {
    /// How to write it: text for people, json for programs
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) format: ReportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ReportFormat {
    #[default]
    Text,
    Json,
}

const HELP: &str = "\
Examples:
  tracking next                          one number; the series is made at the first run
  tracking next -n 1000 --format csv     a thousand, as rows
  tracking check 7Q2M0ABCDEF1234E        does it belong to the series?
  tracking audit issued-*.txt            does any occur twice?
  tracking series show                   where the series is, and what its numbers look like
  tracking ledger list --reference PO-4711
                                         what was issued for it, if a ledger records
  tracking token new --name shop-a --scope issue
                                         a token for a caller of the server

Exit codes:
  0 done, 1 the answer is no, 2 wrong usage, 3 could not be done or decided,
  130 Ctrl-C, 143 SIGTERM
Results go to standard output, messages to standard error. A variable that is empty is unset.";

#[cfg(test)]
mod tests {
    use super::*;

    /// What people copy from the help must not be refused for its shape.
    #[test]
    fn the_sample_number_is_one() {
        let mut found = 0;
        for help in [HELP, audit::HELP, check::HELP, inspect::HELP, ledger::HELP] {
            let words = help
                .split_whitespace()
                .filter(|word| word.starts_with("7Q2M"));
            for number in words {
                let (front, check) = number.split_at(number.len() - 1);
                let right = tracking_core::number::check_character(front).unwrap();
                assert_eq!((number.len(), check), (16, &*right.to_string()), "{number}");
                found += 1;
            }
        }
        assert_eq!(found, 5);
    }
}
