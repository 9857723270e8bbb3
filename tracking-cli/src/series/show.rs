//! `tracking series show`.

use tracking_programs::args::StoreArgs;

use crate::args::ShowArgs;
use crate::failure::Failure;
use crate::stores::open_existing;

pub(super) fn run(args: &ShowArgs, store: &StoreArgs) -> Result<(), Failure> {
    let named = args
        .name
        .as_ref()
        .map(|name| store.with_series(name.clone()));
    let store_args = named.as_ref().unwrap_or(store);
    let store = open_existing(store_args)?;
    super::write(&store, store_args, args.report, args.reveal_key)
}
