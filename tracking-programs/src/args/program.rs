//! How a program of ours reads its command line: what it answers by itself, and to whom.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};
use clap::{Arg, ArgMatches, Command, Error};
use tracking_core::shown::{Plain, steers};

/// The exit code for what could not be done.
const UNDONE: u8 = 3;

/// Standard output as a file of its own, without a buffer: what was written is out, and a write that
/// fails is told. (Rust's own handle takes a descriptor that is not open for writing for one that
/// takes all.)
///
/// # Errors
/// There is no room for another descriptor.
pub fn standard_output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard input likewise.
///
/// # Errors
/// There is no room for another descriptor.
pub fn standard_input() -> io::Result<File> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// What the flags and variables of this process say, of those of the command line that `command` makes. It is made
/// anew for each use, since that is most of what a short run costs.
///
/// A variable that is empty is unset, as compose files and unit files mean it; but for those of
/// `never_empty`, whose parser sees the empty text.
///
/// # Errors
/// They are wrong, or ask for help or for the version: for [`answer`].
pub fn matches(command: impl Fn() -> Command, never_empty: &[&str]) -> Result<ArgMatches, Error> {
    let mut parsing = command();
    // Where none is empty, as mostly, a command is not taken apart for it.
    if std::env::vars_os().any(|(_, value)| value.is_empty()) {
        parsing = without_empty_variables(parsing, never_empty);
    }
    let parsed = parsing.try_get_matches();
    parsed.map_err(|error| match error.kind() {
        // Help names all variables, whatever they are now.
        Kind::DisplayHelp | Kind::DisplayHelpOnMissingArgumentOrSubcommand => {
            command().try_get_matches().err().unwrap_or(error)
        }
        // It does not say which.
        Kind::InvalidUtf8 => not_utf8(command()),
        _ => error,
    })
}

/// The error that names what is not UTF-8, and does not repeat it: it may hold a password.
fn not_utf8(mut command: Command) -> Error {
    let arguments = std::env::args_os()
        .enumerate()
        .map(|(index, value)| (format!("argument {index}"), value));
    let variables = variables(&command)
        .into_iter()
        .filter_map(|name| Some((Plain::of(&name).to_string(), std::env::var_os(&name)?)));
    let places: Vec<_> = arguments
        .chain(variables)
        .filter(|(_, value)| value.to_str().is_none())
        .map(|(place, _)| place)
        .collect();
    let message = format!(
        "expected text in UTF-8, found other bytes in {}",
        places.join(" and ")
    );
    command.error(Kind::InvalidUtf8, message)
}

/// The variables of a command and of those below it.
fn variables(command: &Command) -> BTreeSet<OsString> {
    let own = command.get_arguments().filter_map(Arg::get_env);
    let mut all: BTreeSet<_> = own.map(OsStr::to_owned).collect();
    all.extend(command.get_subcommands().flat_map(variables));
    all
}

fn without_empty_variables(command: Command, never_empty: &[&str]) -> Command {
    let is_empty = |name: &OsStr| {
        !never_empty.iter().any(|kept| name == *kept)
            && std::env::var_os(name).is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| match arg.get_env() {
            Some(name) if is_empty(name) => arg.env(None::<&'static str>),
            _ => arg,
        })
        .mut_subcommands(|command| without_empty_variables(command, never_empty))
}

/// Write what [`matches()`] has instead of flags, and give the exit code: help and version go to
/// standard output, and count only if they get there; what is wrong goes to standard error, whatever
/// comes of it there.
pub fn answer(mut error: Error) -> ExitCode {
    if error.use_stderr() {
        make_plain(&mut error);
        // Where standard error is closed there is nobody left to tell.
        let _ = error.print();
        return exit_code(error.exit_code());
    }
    let written = standard_output().and_then(|file| {
        // With colours only where a terminal shows them.
        let mut output = anstream::AutoStream::auto(file);
        write!(output, "{}", error.render().ansi())
    });
    match written {
        Ok(()) => exit_code(error.exit_code()),
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {}", not_written(&error));
            ExitCode::from(UNDONE)
        }
    }
}

/// The message for results that standard output does not take.
pub fn not_written(error: &io::Error) -> String {
    format!("cannot write to standard output: {error}")
}

fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(UNDONE))
}

/// The message repeats arguments as they came. Here they are made such that a terminal shows them.
fn make_plain(error: &mut Error) {
    let plain = |text: &String| Plain::of(text).to_string();
    let changed: Vec<(ContextKind, ContextValue)> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(plain(text)),
                ContextValue::Strings(texts) => {
                    ContextValue::Strings(texts.iter().map(plain).collect())
                }
                // Advice with the argument in it.
                ContextValue::StyledStr(_) | ContextValue::StyledStrs(_)
                    if is_steered(&value.to_string()) =>
                {
                    ContextValue::None
                }
                _ => return None,
            };
            Some((kind, value))
        })
        .collect();
    for (kind, value) in changed {
        error.insert(kind, value);
    }
}

/// Whether a text, which may be styled by escapes of its own and have several lines, steers.
fn is_steered(styled: &str) -> bool {
    styled
        .chars()
        .any(|character| steers(character) && character != '\n')
}
