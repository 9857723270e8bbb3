//! `tracking`: parcel tracking numbers at a terminal.
//!
//! Results go to standard output, messages to standard error. What the exit codes mean is written
//! in [`failure`].

mod args;
mod check;
mod failure;
mod inspect;
mod next;
mod output;
mod series;
mod stores;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let Cli { command, store } = Cli::parse();
    let result = match &command {
        Command::Next(args) => next::run(args, &store),
        Command::Check(args) => check::run(args, &store),
        Command::Inspect(args) => inspect::run(args, &store),
        Command::Series(command) => series::run(command, &store),
        Command::Token(command) => token::run(command),
    };
    match result {
        // Whoever reads has seen enough, which is no error.
        Ok(()) | Err(Failure::PipeClosed) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.lines() {
                output::message("error", &line);
            }
            ExitCode::from(failure.exit_code())
        }
    }
}
