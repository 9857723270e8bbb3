//! `tracking completions`.

use clap::Command;

use crate::args::CompletionsArgs;
use crate::failure::Failure;
use crate::output::Output;

/// Write a shell's script for a command line, as its help shows it.
pub(crate) fn run(args: &CompletionsArgs, command: &Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = without_hidden(command);
    clap_complete::generate(args.shell, &mut command, "tracking", &mut script);
    Output::new()?.write(&script)
}

/// The scripts offer hidden options, too; so here is a command line without them.
fn without_hidden(command: &Command) -> Command {
    let args = command.get_arguments().filter(|arg| !arg.is_hide_set());
    // Each command has been handed down what it takes.
    let args = args.map(|arg| arg.clone().global(false));
    let about = command.get_about().cloned().unwrap_or_default();
    let version = command.get_version().unwrap_or_default();
    Command::new(command.get_name().to_owned())
        .about(about)
        .version(version.to_owned())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args(args)
        .subcommands(command.get_subcommands().map(without_hidden))
}
