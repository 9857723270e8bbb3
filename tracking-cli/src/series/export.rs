//! `tracking series export`.

use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tracking_core::Opening;
use tracking_core::open_store;
use tracking_core::series::Export;
use tracking_core::shown::Plain;
use tracking_programs::args::StoreArgs;

use crate::args::MoveArgs;
use crate::failure::Failure;
use crate::output::{Output, message};
use crate::stores::warn;

pub(super) fn run(args: &MoveArgs, store_args: &StoreArgs) -> Result<(), Failure> {
    warn(store_args);
    let url = super::store_to_move(store_args)?;
    // Before the series is moved: what cannot be written is no reason to end it.
    let target = Target::of(&args.file)?;
    let store = open_store(&url, &store_args.options(Opening::Existing)?)?;
    let export = Export::take(&store)?;
    let written = target.write(export.to_text().as_bytes());
    if let Err(Failure::Undone(why)) = written {
        return Err(Failure::Undone(format!(
            "{why}; the series is moved away by now, and `tracking series export` gives the same export again"
        )));
    }
    written?;
    message(
        "note",
        &format!(
            "moved the series `{}` away from {store}, by export {}: nothing more is issued there. The export holds the key: keep it secret, import it into one store with `tracking series import`, and destroy it then",
            store.series().name(),
            export.moved().id
        ),
    );
    Ok(())
}

/// Where an export goes.
enum Target {
    Output(Output),
    /// A file that has no name yet, and the one that it gets.
    File(NamedTempFile, PathBuf),
}

impl Target {
    fn of(path: &Path) -> Result<Self, Failure> {
        if path == Path::new("-") {
            let output = Output::new()?;
            return match output.is_terminal() {
                true => Err(Failure::Usage(
                    "an export holds the key of the series, and standard output is a terminal: name a file, or pipe it into `age` or `gpg`".to_owned(),
                )),
                false => Ok(Self::Output(output)),
            };
        }
        let failed = |why: std::io::Error| cannot("write", path, &why);
        if path.symlink_metadata().is_ok() {
            return Err(Failure::Undone(format!(
                "{} is there already; an export never overwrites a file: name another",
                Plain::of(path)
            )));
        }
        // For its owner alone, as such files are.
        let file =
            NamedTempFile::with_prefix_in(".tracking-export-", folder(path)).map_err(failed)?;
        Ok(Self::File(file, path.to_owned()))
    }

    /// Write it, and return once it outlives a power cut.
    fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Output(mut output) => output.write(bytes),
            Self::File(mut file, path) => {
                let failed = |why| cannot("write", &path, &why);
                file.write_all(bytes).map_err(failed)?;
                file.as_file().sync_all().map_err(failed)?;
                // Never over a file that came there meanwhile.
                let named = file.persist_noclobber(&path);
                named.map_err(|kept| failed(kept.error))?;
                let folder = std::fs::File::open(folder(&path)).map_err(failed)?;
                folder.sync_all().map_err(failed)
            }
        }
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

pub(super) fn cannot(doing: &str, path: &Path, why: &std::io::Error) -> Failure {
    Failure::Undone(format!("cannot {doing} {}: {why}", Plain::of(path)))
}
