//! `tracking series restore`.

use tracking_core::rfc3339;
use tracking_core::{Clock, OpenStore, Opening, Serial, SystemClock, open_store};
use tracking_programs::args::StoreArgs;

use crate::args::RestoreArgs;
use crate::failure::Failure;
use crate::stores::warn;

pub(super) fn run(args: &RestoreArgs, store_args: &StoreArgs) -> Result<(), Failure> {
    let store = restore(store_args, args.created)?;
    super::write(&store, store_args, args.report, false)?;
    super::advise_backup();
    Ok(())
}

fn restore(args: &StoreArgs, created_at_ms: Option<i64>) -> Result<Box<dyn OpenStore>, Failure> {
    warn(args);
    let url = args.url()?;
    let mut options = args.options(Opening::New)?;
    let missing = [
        ("--key-file", options.key.is_none()),
        ("--prefix", options.prefix.is_none()),
    ];
    let missing: Vec<_> = missing.iter().filter(|m| m.1).map(|m| m.0).collect();
    if !missing.is_empty() {
        return Err(Failure::Usage(format!(
            "expected {} of the series that was lost: `(umask 077; tracking series show --reveal-key > backup.txt)` keeps both while it is there",
            missing.join(" and ")
        )));
    }
    let now_ms = SystemClock.now_ms();
    if let Some(created) =
        created_at_ms.filter(|created| !(Serial::EPOCH_MS..=now_ms).contains(created))
    {
        return Err(Failure::Usage(format!(
            "expected --created between {} and now, {}, found {}",
            rfc3339::utc(Serial::EPOCH_MS),
            rfc3339::utc(now_ms),
            rfc3339::utc(created)
        )));
    }
    // A later one would refuse numbers that are its own, for certain.
    let backed_up = args.backed_up_creation()?;
    if let (Some(given), Some(own)) = (created_at_ms, backed_up)
        && given > own
    {
        return Err(Failure::Usage(format!(
            "expected --created no later than the backup says, {}, found {}",
            rfc3339::utc(own),
            rfc3339::utc(given)
        )));
    }
    options.created_at_ms = created_at_ms;
    Ok(open_store(&url, &options)?)
}
