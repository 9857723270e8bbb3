//! `tracking ledger`: what was issued, for which order and whom.

mod change;
mod export;
mod import;
mod list;
mod row;
mod show;

use std::sync::Arc;

use tracking_ledger::{Ledger, LedgerUrl};
use tracking_programs::args::{LedgerUrlArgs, StoreArgs};

use crate::args::LedgerCommand;
use crate::failure::Failure;
use crate::output::message;
use crate::stop;

pub(crate) fn run(command: &LedgerCommand, store: &StoreArgs) -> Result<(), Failure> {
    if !matches!(command, LedgerCommand::Export(_)) {
        stop::end_at_once()?;
    }
    let ledger = || open(command.ledger());
    match command {
        LedgerCommand::Show(args) => show::run(args, &*ledger()?),
        LedgerCommand::List(args) => list::run(args, &*ledger()?),
        // It says itself when a signal may end it.
        LedgerCommand::Export(args) => export::run(args, &*ledger()?),
        LedgerCommand::Erase(args) => change::erase(args, &*ledger()?),
        LedgerCommand::Prune(args) => change::prune(args, ledger),
        LedgerCommand::Import(args) => {
            import::run(args, store, || open_or_create(command.ledger()))
        }
    }
}

/// A ledger that is there: one whose name was mistyped is not made.
fn open(args: &LedgerUrlArgs) -> Result<Arc<dyn Ledger>, Failure> {
    let url = args.url()?;
    if let LedgerUrl::Sqlite(path) = &url
        && !path.exists()
    {
        return Err(Failure::Undone(format!(
            "there is no ledger {url}: `tracking next --ledger`, `tracking-http --ledger` and `tracking ledger import` make one"
        )));
    }
    open_or_create(args)
}

fn open_or_create(args: &LedgerUrlArgs) -> Result<Arc<dyn Ledger>, Failure> {
    let ledger = args.open()?.ok_or_else(unnamed)?;
    for warning in ledger.warnings()? {
        message("warning", &warning);
    }
    Ok(ledger)
}

/// Whether there is to be a ledger, before anything else is looked at.
fn check(args: &LedgerUrlArgs) -> Result<(), Failure> {
    match args.url()? {
        LedgerUrl::None => Err(unnamed()),
        _ => Ok(()),
    }
}

fn unnamed() -> Failure {
    Failure::Usage("`tracking ledger` needs a ledger: name one with --ledger or TRACKING_LEDGER, such as sqlite:PATH or mysql://USER@HOST/DB".to_owned())
}
