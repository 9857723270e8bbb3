//! How the commands open their store.

use tracking_core::store::timeline::Timeline;
use tracking_core::{OpenStore, Opening, Series, open_store};
use tracking_programs::args::StoreArgs;

use crate::failure::Failure;
use crate::output::message;

/// Open a series that is there, to read; say so if it lives elsewhere by now. Nothing is written.
pub(crate) fn open_existing(args: &StoreArgs) -> Result<Box<dyn OpenStore>, Failure> {
    warn(args);
    let store = open_store(&args.url()?, &args.options(Opening::Existing)?)?;
    // Who cannot look now is told so when it matters.
    let timeline = store.snapshot().ok().and_then(|snapshot| snapshot.timeline);
    if let Some(moved) = timeline.as_ref().and_then(Timeline::moved) {
        let text = format!(
            "{store}: {moved}; numbers that are issued elsewhere since are not told from others here"
        );
        message("warning", &text);
    }
    Ok(store)
}

/// Open a series, or create it where the store's rules say that it creates itself: then say so, if it
/// was this process that did.
pub(crate) fn open_or_create(args: &StoreArgs) -> Result<Box<dyn OpenStore>, Failure> {
    warn(args);
    let url = args.url()?;
    let store = open_store(&url, &args.options(Opening::OrCreate)?)?;
    if store.is_new() {
        message("note", &created(&store, url.is_local()));
    }
    Ok(store)
}

/// What was given and is not used.
pub(crate) fn warn(args: &StoreArgs) {
    if let Some(warning) = args.warning() {
        message("warning", warning);
    }
}

fn created(store: &dyn OpenStore, local: bool) -> String {
    let series: &Series = store.series();
    let alone = if local {
        "; it is this store's alone, so never copy it to a second place"
    } else {
        ""
    };
    format!(
        "created the series `{}` in {store}, with prefix {:?} and fingerprint {}{alone}",
        series.name(),
        series.prefix().as_str(),
        series.fingerprint(),
    )
}
