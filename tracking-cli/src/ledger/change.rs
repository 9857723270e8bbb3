//! `tracking ledger erase` and `tracking ledger prune`.

use std::sync::Arc;

use tracking_core::{Clock, SystemClock, rfc3339};
use tracking_ledger::{Ledger, Prune};

use crate::args::{EraseArgs, PruneArgs};
use crate::failure::Failure;
use crate::output::{Output, message};

pub(super) fn erase(args: &EraseArgs, ledger: &dyn Ledger) -> Result<(), Failure> {
    let count = ledger.erase(args.customer_id)?;
    say("took what tells who the customer is out of", count)
}

pub(super) fn prune(
    args: &PruneArgs,
    ledger: impl FnOnce() -> Result<Arc<dyn Ledger>, Failure>,
) -> Result<(), Failure> {
    // A year that was mistyped would take all.
    let now_ms = SystemClock.now_ms();
    if args.before > now_ms {
        return Err(Failure::Usage(format!(
            "expected --before at a time that is past, found {}; it is {}",
            rfc3339::utc(args.before),
            rfc3339::utc(now_ms)
        )));
    }
    let (what, done) = match args.rows {
        true => (Prune::Rows, "deleted"),
        false => (
            Prune::PersonalData,
            "took what tells who the customers were out of",
        ),
    };
    say(done, ledger()?.prune(args.before, what)?)
}

fn say(done: &str, count: u64) -> Result<(), Failure> {
    let entries = if count == 1 { "entry" } else { "entries" };
    Output::new()?.write(format!("{done} {count} {entries}\n").as_bytes())?;
    message(
        "note",
        "backups, snapshots and binlogs of the ledger from before still hold it, until they are gone",
    );
    Ok(())
}
