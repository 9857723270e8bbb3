//! What a program's command line is shown by elsewhere: manual pages, and shells' scripts.

use std::io;

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

/// A shell's script for the command line, as its help shows it.
pub fn completions(shell: Shell, command: &Command) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut without_hidden(command),
        command.get_name(),
        &mut script,
    );
    script
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

/// A manual page.
pub struct Page {
    /// Such as `tracking-series-show.1`.
    pub name: String,
    /// What `man` reads.
    pub text: String,
}

/// A page for the command, and for each below it.
///
/// # Errors
/// A page could not be written to memory.
pub fn manuals(command: &Command) -> io::Result<Vec<Page>> {
    let mut all = vec![manual(command)?];
    for below in command.get_subcommands() {
        all.extend(manuals(below)?);
    }
    Ok(all)
}

/// The page of the command alone, which names those below it.
///
/// # Errors
/// As of [`manuals`].
pub fn manual(command: &Command) -> io::Result<Page> {
    let man = Man::new(command.clone())
        // An empty date is left out of the header, and all behind it moves up; so it is a blank.
        .date(" ")
        .source(concat!("tracking ", env!("CARGO_PKG_VERSION")))
        .manual("tracking");
    let mut text = Vec::new();
    man.render(&mut text)?;
    Ok(Page {
        name: man.get_filename(),
        text: with_examples(&String::from_utf8_lossy(&text)),
    })
}

/// The page with each line that begins with a blank, such as an example, as a line of its own.
fn with_examples(page: &str) -> String {
    let mut text = String::new();
    let mut before = false;
    for line in page.lines() {
        let is_example = line.starts_with(' ');
        match (before, is_example) {
            (false, true) => text += ".nf\n",
            (true, false) => text += ".fi\n",
            _ => {}
        }
        before = is_example;
        text += match line {
            ".SH EXTRA" => ".SH NOTES",
            line => line,
        };
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_lines_of_their_own() {
        assert_eq!(
            with_examples(".SH EXTRA\nExamples:\n  a b\n  c\n\nd\n  e\n.SH VERSION\nv1\n"),
            ".SH NOTES\nExamples:\n.nf\n  a b\n  c\n.fi\n\nd\n.nf\n  e\n.fi\n.SH VERSION\nv1\n"
        );
    }
}
