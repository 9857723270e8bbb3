//! `tracking completions`.

use clap::Command;
use tracking_programs::pages::completions;

use crate::args::CompletionsArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Write a shell's script for a command line, as its help shows it.
pub(crate) fn run(args: &CompletionsArgs, command: &Command) -> Result<(), Failure> {
    Output::new()?.write(&completions(args.shell, command))
}
