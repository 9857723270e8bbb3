//! `tracking ledger import`: its command line.

use std::path::PathBuf;

use clap::Args;
use tracking_ledger::LedgerUrl;
use tracking_programs::args::LedgerUrlArgs;

use crate::args::ReportArgs;
use crate::failure::Failure;

/// The variable that holds the password of a Django database in MySQL.
const PASSWORD_VARIABLE: &str = "TRACKING_DJANGO_PASSWORD";

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) ledger: LedgerUrlArgs,
}

/// One of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SourceArgs {
    /// A CSV file with the header tracking_number,created_at; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from_csv: Option<PathBuf>,
    /// The database of the Django service, as for --ledger: sqlite:PATH or mysql://USER@HOST/DB
    ///
    /// Its table tracking_trackingnumber is read: id, tracking_number, and created_at in UTC.
    /// A password comes from the variable TRACKING_DJANGO_PASSWORD.
    #[arg(long, value_name = "URL")]
    pub(crate) from_django: Option<String>,
}

impl SourceArgs {
    /// The Django database, if it is one that is imported.
    pub(crate) fn django(&self) -> Result<Option<LedgerUrl>, Failure> {
        let Some(text) = &self.from_django else {
            return Ok(None);
        };
        let usage = |message: String| Failure::Usage(format!("--from-django: {message}"));
        // The same form as a ledger's, which says so itself where it is wrong.
        let url = text
            .parse::<LedgerUrl>()
            .map_err(|error| usage(error.to_string().replacen("a ledger", "a database", 1)))?;
        let LedgerUrl::MySql(mysql) = url else {
            return match url {
                LedgerUrl::None => Err(usage(
                    "expected sqlite:PATH or mysql://USER@HOST/DB, found none".to_owned(),
                )),
                url => Ok(Some(url)),
            };
        };
        if mysql.expose_password().is_some() {
            return Err(usage(format!(
                "the URL holds a password, and every user of this host can read a command line; put it in the variable {PASSWORD_VARIABLE} instead"
            )));
        }
        Ok(Some(LedgerUrl::MySql(
            match std::env::var(PASSWORD_VARIABLE) {
                Ok(password) if !password.is_empty() => mysql.with_password(password),
                _ => mysql,
            },
        )))
    }
}

pub(super) const HELP: &str = "\
Examples:
  tracking ledger import --from-django mysql://tracking@localhost/tracking_db
  tracking ledger import --from-django sqlite:db.sqlite3
  tracking ledger import --from-csv old.csv --ledger sqlite:ledger.db

The numbers are history then: `tracking ledger show` finds them, and none of them is recorded as
issued again. To import once more adds only what is new. It reports how many were added and known,
how many could meet a number of the series (the same prefix and length, a right check character,
and a time since it was created), if that series is there, and a prefix that none of them has.
created_at is by RFC 3339, or as databases write it, in UTC: 2024-01-01 12:00:00.123456.
A line or row that is wrong ends it with exit code 3, and is told with what was expected. The at
most 1000 that were read with it are not imported, those before are: correct it, and import again.";
