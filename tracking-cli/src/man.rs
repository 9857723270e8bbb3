//! `tracking man`.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use clap::CommandFactory;
use tracking_core::shown::Plain;
use tracking_programs::pages::{manual, manuals};

use crate::args::{Cli, ManArgs, unused};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(args: &ManArgs) -> Result<(), Failure> {
    // What `tracking help` would say is what the pages say.
    let command = unused::hidden(Cli::command().disable_help_subcommand(true));
    let mut output = Output::new()?;
    match &args.dir {
        None => output.write(manual(&command).map_err(Failure::undone)?.text.as_bytes()),
        Some(dir) => {
            let failed = |path: &Path, error: io::Error| {
                Failure::Undone(format!("cannot write {}: {error}", Plain::of(path)))
            };
            make_folder(dir).map_err(|error| failed(dir, error))?;
            for page in manuals(&command).map_err(Failure::undone)? {
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
