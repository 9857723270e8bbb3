//! `tracking series reopen`.

use tracking_core::series::reopen;
use tracking_core::{Opening, open_store};
use tracking_programs::args::StoreArgs;

use crate::failure::Failure;
use crate::output::message;
use crate::stores::warn;

pub(super) fn run(args: &StoreArgs) -> Result<(), Failure> {
    warn(args);
    let url = super::store_to_move(args)?;
    let store = open_store(&url, &args.options(Opening::Existing)?)?;
    let series = store.series().name();
    let note = match reopen(&store)? {
        Some(moved) => format!(
            "reopened the series `{series}` in {store}. Export {} must never be imported: destroy its file",
            moved.id
        ),
        None => {
            format!("the series `{series}` was not moved away from {store}; nothing was changed")
        }
    };
    message("note", &note);
    Ok(())
}
