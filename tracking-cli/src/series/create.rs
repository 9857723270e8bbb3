//! `tracking series create`.

use tracking_core::{OpenStore, Opening, open_store};
use tracking_programs::args::StoreArgs;

use crate::args::ReportArgs;
use crate::failure::Failure;
use crate::stores::warn;

pub(super) fn run(report: ReportArgs, args: &StoreArgs) -> Result<(), Failure> {
    let store = create(args)?;
    super::write(&store, args, report, false)?;
    super::advise_backup();
    Ok(())
}

fn create(args: &StoreArgs) -> Result<Box<dyn OpenStore>, Failure> {
    warn(args);
    let url = args.url()?;
    let options = args.options(Opening::New)?;
    if url.is_local() && options.key.is_some() {
        return Err(Failure::Usage(format!(
            "{url}: a local store makes its own key: a key that was copied into two files is a series in two places at once; leave the key file out, or bring a lost series back with `tracking series restore`"
        )));
    }
    Ok(open_store(&url, &options)?)
}
