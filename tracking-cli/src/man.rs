//! `tracking man`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use tracking_core::shown::Plain;

use crate::args::{Cli, ManArgs, unused};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    // What `tracking help` would say is what the pages say.
    let command = unused::hidden(Cli::command().disable_help_subcommand(true));
    let mut output = Output::new()?;
    match &args.dir {
        None => output.write(page(&command)?.text.as_bytes()),
        Some(dir) => {
            let failed = |path: &Path, error: io::Error| {
                Failure::Undone(format!("cannot write {}: {error}", Plain::of(path)))
            };
            make_folder(dir).map_err(|error| failed(dir, error))?;
            for page in pages(&command)? {
                let path = dir.join(page.name);
                fs::write(&path, page.text).map_err(|error| failed(&path, error))?;
                output.write(format!("{}\n", Plain::of(&path)).as_bytes())?;
            }
            Ok(())
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
            io::Error::new(error.kind(), "expected a folder, found something else")
        }
        _ => error,
    })
}

struct Page {
    /// Such as `tracking-series-show.1`.
    name: String,
    text: String,
}

/// A page for the command, and for each below it.
fn pages(command: &Command) -> Result<Vec<Page>, Failure> {
    let mut all = vec![page(command)?];
    for below in command.get_subcommands() {
        all.extend(pages(below)?);
    }
    Ok(all)
}

fn page(command: &Command) -> Result<Page, Failure> {
    let man = Man::new(command.clone())
        // An empty date is left out of the header, and all behind it moves up; so it is a blank.
        .date(" ")
        .source(concat!("tracking ", env!("CARGO_PKG_VERSION")))
        .manual("tracking");
    let mut text = Vec::new();
    man.render(&mut text).map_err(Failure::undone)?;
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
