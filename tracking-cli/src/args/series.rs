//! `tracking series`: its command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tracking_core::SeriesName;
use tracking_core::rfc3339;

use super::ReportArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum SeriesCommand {
    /// List the series of a store, or those in the user's state folder
    #[command(after_help = LIST)]
    List(ReportArgs),
    /// Show a series
    #[command(after_help = SHOW)]
    Show(ShowArgs),
    /// Create a series; an error if it is there already
    #[command(after_help = CREATE)]
    Create(ReportArgs),
    /// Bring back a series that was lost, with its --key-file
    #[command(after_help = RESTORE)]
    Restore(RestoreArgs),
    /// Move a series out of its store, into a file; nothing more is issued there
    #[command(after_help = EXPORT)]
    Export(MoveArgs),
    /// Let a series go on in this store from the file of its export
    #[command(after_help = IMPORT)]
    Import(MoveArgs),
    /// Let a series that was moved away go on in its old store after all
    #[command(after_help = REOPEN)]
    Reopen(ReopenArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MoveArgs {
    /// The file of the export, or - for standard output or input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ReopenArgs {
    /// Take the risk: if its export was imported anywhere, or is later, numbers repeat
    #[arg(long, required = true)]
    pub(crate) allow_repeats: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Its name, instead of --series
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<SeriesName>,
    /// Show the secret key too, for a backup
    #[arg(long)]
    pub(crate) reveal_key: bool,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// When it was created, by RFC 3339 such as 2027-01-15T08:00:00Z
    ///
    /// A number from before is refused. Without it: 2025-01-01T00:00:00Z, which refuses none.
    #[arg(long, value_name = "TIME", value_parser = rfc3339::parse)]
    pub(crate) created: Option<i64>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

pub(super) const HELP: &str = "\
Examples:
  tracking series list
  tracking series show
  (umask 077; tracking series show --reveal-key > backup.txt)
  tracking series create --series eu --prefix EU
  tracking series restore --key-file backup.txt
  tracking series export eu.export

A series is a name, a format, a key and the time of its creation. Whoever has the key can make its
numbers up; whoever loses it can no longer tell them.";

const LIST: &str = "\
Examples:
  tracking series list
  tracking series list --format json
  tracking series list --store redis://localhost

Without --store: the files in $XDG_STATE_HOME/tracking, else in ~/.local/state/tracking. Of a Redis:
the series that its register of prefixes names.";

const SHOW: &str = "\
Examples:
  tracking series show
  tracking series show eu --format json
  (umask 077; tracking series show --reveal-key > backup.txt)

What --reveal-key prints is a key file for `tracking series restore`: keep it secret.";

const CREATE: &str = "\
Examples:
  tracking series create
  tracking series create --series eu --prefix EU --store file:/var/lib/tracking/eu.series

A local store draws a random key. A store that hosts share takes the key of --key-file or
TRACKING_KEY if there is one.";

const RESTORE: &str = "\
Examples:
  tracking series restore --key-file backup.txt
  tracking series restore --key-file key.txt --prefix 7Q2 --created 2027-01-15T08:00:00Z

The key file is a backup, all that `tracking series show --reveal-key` printed: then --prefix need
not be given, and nothing that contradicts the backup is taken. Or it holds 32 hexadecimal digits,
and --prefix is needed.
Restore a series only where it was lost: one that lives in two places at once repeats numbers.";

const EXPORT: &str = "\
Examples:
  tracking series export eu.export --series eu
  tracking series export - | age -r age1... > eu.export.age

The file is new, and yours alone to read: it holds the key. From then on every reservation from this
store is refused, by old programs too; what they have in hand they may still issue. Asked again, it
gives the same export again, so nothing is lost where it was interrupted.";

const IMPORT: &str = "\
Examples:
  tracking series import eu.export --store redis://db.internal
  age -d eu.export.age | tracking series import - --store mysql://tracking@db.internal/shop

The series goes on above everything that was issued. The store has none of that name, or this one
that was moved away from there before. Import an export into one store: no store knows of the
others, and a series that lives in two places at once repeats numbers.";

const REOPEN: &str = "\
Examples:
  tracking series reopen --allow-repeats

For an export that was imported nowhere and never will be: destroy its file. If it lives on
elsewhere, do not reopen it here: export it there, and import it here.";
