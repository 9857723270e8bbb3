//! Options that a command has no use for: its help leaves them out, and they are refused.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

/// The options that say which series. Every command takes them, before its name and behind it.
const OF_SERIES: [&str; 4] = ["store", "series", "prefix", "key_file"];

/// The commands that know no series.
const WITHOUT_SERIES: [&str; 4] = ["completions", "ledger", "man", "token"];

/// Those of [`OF_SERIES`] that the help of a command shows: what it needs to know, and not what a careful user
/// may hold the series to besides.
fn shown(command: &str) -> &'static [&'static str] {
    match command {
        // Those below it show what they use.
        "series" => &[],
        // A series that is there has its prefix and its key.
        "audit" | "check" | "inspect" | "series show" | "series export" | "series reopen" => {
            &["store", "series"]
        }
        // An export names its series.
        "series list" | "series import" => &["store"],
        // It looks at the series, if that is there.
        "ledger import" => &["store", "series"],
        _ if knows_no_series(command) => &[],
        _ => &OF_SERIES,
    }
}

fn knows_no_series(command: &str) -> bool {
    if command == "ledger import" {
        return false;
    }
    let name = command.split(' ').next();
    name.is_some_and(|name| WITHOUT_SERIES.contains(&name))
}

/// The command line whose help shows with each command what it uses.
pub(crate) fn hidden(mut command: Command) -> Command {
    // The options of all commands are handed down to each of them here.
    command.build();
    hide(command)
}

fn hide(command: Command) -> Command {
    let whole = command.get_bin_name().unwrap_or_default();
    let (_, name) = whole.split_once(' ').unwrap_or_default();
    let shown = shown(name);
    let hidden = command.mut_args(|arg| {
        let id = arg.get_id().as_str();
        let is_unused = OF_SERIES.contains(&id) && !shown.contains(&id);
        arg.hide(is_unused)
    });
    hidden.mut_subcommands(hide)
}

/// Refuse what was given and would not be used; `command` makes the command line, for its usage.
pub(crate) fn refuse(matches: &ArgMatches, command: impl Fn() -> Command) -> Result<(), Error> {
    let given = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    // With the usage of the command that was named last.
    let refuse = |message: String| {
        let whole = command();
        let (mut command, mut matches) = (&whole, matches);
        while let Some((name, below)) = matches.subcommand()
            && let Some(named) = command.find_subcommand(name)
        {
            (command, matches) = (named, below);
        }
        Err(command.clone().error(ErrorKind::ArgumentConflict, message))
    };
    let name = path(matches);
    if knows_no_series(&name)
        && let Some(id) = OF_SERIES.iter().find(given)
    {
        let flag = id.replace('_', "-");
        return refuse(format!(
            "--{flag} is of no use to `tracking {name}`: leave it out"
        ));
    }
    if let Some(("series", below)) = matches.subcommand()
        && let Some(("show", show)) = below.subcommand()
        && show.contains_id("name")
        && given(&&"series")
    {
        return refuse("expected the name of one series, found NAME and --series".to_owned());
    }
    Ok(())
}

/// The names of the commands that were given, such as `series show`.
fn path(mut matches: &ArgMatches) -> String {
    let mut names = Vec::new();
    while let Some((name, below)) = matches.subcommand() {
        names.push(name);
        matches = below;
    }
    names.join(" ")
}
