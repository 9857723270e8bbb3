//! `tracking series import`.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use tracking_core::series::{Export, ImportError};
use tracking_core::store::timeline::Arrival;
use tracking_programs::args::{StoreArgs, standard_input};

use super::export::cannot;
use crate::args::{MoveArgs, ReportArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::message;

/// An export is some 2 KiB; what is longer is none.
const LENGTH_MAX: u64 = 64 * 1024;

pub(super) fn run(args: &MoveArgs, store_args: &StoreArgs) -> Result<(), Failure> {
    let export = Export::parse(&read(&args.file)?).map_err(|error| {
        let place = tracking_core::shown::Plain::of(&args.file);
        Failure::Undone(format!("{place}: {error}"))
    })?;
    // The default store has the name of the series.
    let store_args = store_args.with_series(export.series().name().clone());
    let url = super::store_to_move(&store_args)?;
    let imported = export.import(&url).map_err(|error| match error {
        ImportError::Open(error) => error.into(),
        error => Failure::undone(error),
    })?;
    let report = ReportArgs {
        format: ReportFormat::Text,
    };
    super::write(&imported.store, &store_args, report, false)?;
    let note = match imported.arrival {
        Some(Arrival::WasHere) => "it was imported here before, and nothing was changed",
        _ => {
            "the series goes on here. Let all programs name this store now, and destroy the export: imported into a second store, it would repeat numbers"
        }
    };
    message("note", note);
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let failed = |why| cannot("read", path, &why);
    let file = match path == Path::new("-") {
        true => {
            let input = standard_input().map_err(failed)?;
            if input.is_terminal() {
                return Err(Failure::Usage(
                    "an export holds the key of a series, and standard input is a terminal: name its file, or pipe it in from `age` or `gpg`".to_owned(),
                ));
            }
            input
        }
        false => File::open(path).map_err(failed)?,
    };
    let mut bytes = Vec::new();
    file.take(LENGTH_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    // What is no text is no export.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}
