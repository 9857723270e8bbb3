//! `tracking series`: list them; show, create, restore or move one.

mod create;
mod export;
mod import;
mod list;
mod reopen;
mod report;
mod restore;
mod show;

use tracking_core::{OpenStore, StoreUrl};
use tracking_programs::args::StoreArgs;
use tracking_programs::remedies::InOurWords;

use self::report::Report;
use crate::args::{ReportArgs, ReportFormat, SeriesCommand};
use crate::failure::Failure;
use crate::output::{Output, message};

pub(crate) fn run(command: &SeriesCommand, store: &StoreArgs) -> Result<(), Failure> {
    match command {
        SeriesCommand::List(report) => list::run(*report, store),
        SeriesCommand::Show(args) => show::run(args, store),
        SeriesCommand::Create(report) => create::run(*report, store),
        SeriesCommand::Restore(args) => restore::run(args, store),
        SeriesCommand::Export(args) => export::run(args, store),
        SeriesCommand::Import(args) => import::run(args, store),
        SeriesCommand::Reopen(_) => reopen::run(store),
    }
}

/// Write all that is known of a series, and what its operator should know.
fn write(
    store: &dyn OpenStore,
    args: &StoreArgs,
    report_args: ReportArgs,
    reveal_key: bool,
) -> Result<(), Failure> {
    warn_of(store, args);
    let report = Report::of(store, args.url()?.is_local(), reveal_key)?;
    let mut output = Output::new()?;
    match report_args.format {
        ReportFormat::Json => output.write_json(&report),
        ReportFormat::Text => output.write(report.table().text().as_bytes()),
    }
}

/// What an operator should know of the store, and of the file with its key.
fn warn_of(store: &dyn OpenStore, args: &StoreArgs) {
    for warning in store.warnings() {
        message("warning", &InOurWords(&warning).to_string());
    }
    if let Some(warning) = args.key_file_warning() {
        message("warning", &warning);
    }
}

/// The store of a series that moves: memory ends with this process.
fn store_to_move(args: &StoreArgs) -> Result<StoreUrl, Failure> {
    match args.url()? {
        StoreUrl::Memory => Err(Failure::Usage(
            "memory: ends with this process, so no series moves out of it or into it; name another store with --store"
                .to_owned(),
        )),
        url => Ok(url),
    }
}

fn advise_backup() {
    message(
        "note",
        "back up the key: without it a lost series cannot be restored, nor its numbers told; `(umask 077; tracking series show --reveal-key > backup.txt)` writes a file with it that you alone may read",
    );
}
