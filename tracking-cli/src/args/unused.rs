//! Options that a command has no use for: its help leaves them out, and they are refused.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

/// The options that say which series, which `token` has no use for.
const OF_SERIES: [&str; 4] = ["store", "series", "prefix", "key_file"];

/// The command line whose help shows with each command what it uses.
pub(crate) fn hidden(mut command: Command) -> Command {
    // The options of all commands are handed down to each of them here.
    command.build();
    let hide = |command: Command| {
        command.mut_args(|arg| match OF_SERIES.contains(&arg.get_id().as_str()) {
            true => arg.hide(true),
            false => arg,
        })
    };
    command.mut_subcommand("token", |token| hide(token).mut_subcommands(hide))
}

/// Refuse what was given and would not be used.
pub(crate) fn refuse(command: &Command, matches: &ArgMatches) -> Result<(), Error> {
    let given = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let refuse = |message: String| Err(command.clone().error(ErrorKind::ArgumentConflict, message));
    let Some((name, below)) = matches.subcommand() else {
        return Ok(());
    };
    if name == "token"
        && let Some(id) = OF_SERIES.iter().find(given)
    {
        let flag = id.replace('_', "-");
        return refuse(format!(
            "--{flag} is of no use to `tracking token`: leave it out"
        ));
    }
    if let Some(("show", show)) = below.subcommand()
        && show.contains_id("name")
        && given(&&"series")
    {
        return refuse("expected the name of one series, found NAME and --series".to_owned());
    }
    Ok(())
}
