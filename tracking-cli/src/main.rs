//! `tracking`: parcel tracking numbers at a terminal.
//!
//! Results go to standard output, messages to standard error. What the exit codes mean is written
//! in [`failure`].

mod args;
mod audit;
mod check;
mod completions;
mod failure;
mod inspect;
mod ledger;
mod man;
mod next;
mod output;
mod pipe;
mod progress;
mod series;
mod stop;
mod stores;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use tracking_programs::args as start;

use crate::args::{Cli, Command, unused};
use crate::failure::Failure;

fn main() -> ExitCode {
    if let Err(failure) = stop::survive_full_files() {
        return end(&failure);
    }
    // What help shows takes longer to make than a short command to run, so it is left until it is asked for, or
    // something is wrong.
    let parsed = start::matches(Cli::command, &[])
        .or_else(|_| start::matches(shown, &[]))
        .and_then(|matches| {
            unused::refuse(&matches, shown)?;
            Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut shown()))
        });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return start::answer(error),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

/// The command line as its help shows it.
fn shown() -> clap::Command {
    unused::hidden(Cli::command())
}

fn run(cli: &Cli) -> Result<(), Failure> {
    let Cli { command, store } = cli;
    if !matches!(command, Command::Next(_) | Command::Ledger(_)) {
        stop::end_at_once()?;
    }
    match command {
        // These say themselves when a signal may end them.
        Command::Next(args) => next::run(args, store),
        Command::Ledger(command) => ledger::run(command, store),
        Command::Check(args) => check::run(args, store),
        Command::Audit(args) => audit::run(args, store),
        Command::Inspect(args) => inspect::run(args, store),
        Command::Series(command) => series::run(command, store),
        Command::Token(command) => token::run(command),
        Command::Completions(args) => completions::run(args, &shown()),
        Command::Man(args) => man::run(args),
    }
}

fn end(failure: &Failure) -> ExitCode {
    for line in failure.lines() {
        output::message("error", &line);
    }
    ExitCode::from(failure.exit_code())
}
