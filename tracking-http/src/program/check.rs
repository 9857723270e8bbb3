//! `--check`: what would keep the server from starting, all of it at once, while nothing listens.

use std::fmt;
use std::path::Path;

use tracking_core::{OpenError, Opening};
use tracking_ledger::{LedgerError, LedgerUrl};
use tracking_programs::args::LedgerArgs;

use crate::program::args::Config;
use crate::program::start::{blocking, open_gate, open_ledger, open_series};
use crate::program::start_error::StartError;
use crate::program::welcome::SeriesLine;

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is there, a line each.
    pub found: Vec<String>,
    /// What the operator should know, a line each.
    pub warnings: Vec<String>,
    /// Each would keep the server from starting.
    pub errors: Vec<StartError>,
}

impl Checked {
    fn note(&mut self, name: &str, found: Result<(String, Vec<String>), StartError>) {
        match found {
            Ok((found, warnings)) => {
                self.found.push(format!("{name}: {found}"));
                self.warnings.extend(warnings);
            }
            Err(error) => self.errors.push(error),
        }
    }
}

/// Open all that a start opens but its address, which a server that runs may have.
///
/// A series or a file of a ledger that is missing, and that a start would make, is not made. Tables of a ledger
/// that is there are made or brought up to date, as by a start, and a small write shows that it takes some.
pub async fn check(config: Config) -> Checked {
    let mut checked = Checked::default();
    checked.found.push(format!("address: {}", config.listen));
    let needs_tokens = config.gate.tokens.is_some();
    match open_gate(config.gate) {
        Ok(gate) => {
            let who = gate
                .count()
                .map_or("everybody".to_owned(), |count| count.to_string());
            checked.note("who may", Ok((who, gate.warning().into_iter().collect())));
        }
        Err(error) => checked.errors.push(error),
    }
    let (url, mut series) = (config.store, config.series);
    series.opening = Opening::Existing;
    // As the start would have it.
    let may_be_made = url.is_local() != series.key.is_some();
    let named = url.to_string();
    let store = match open_series(url.clone(), series.clone()).await {
        Ok((store, warnings)) => {
            let series = SeriesLine::new(&url, &*store);
            Ok((format!("{named}, {series}"), warnings))
        }
        Err(StartError::Open(OpenError::Missing { .. })) if may_be_made => {
            let what = format!(
                "{named}, series: {}, which the start will make",
                series.name
            );
            Ok((what, Vec::new()))
        }
        Err(StartError::Open(OpenError::Missing { store, .. })) if url.is_local() => {
            Err(OpenError::LocalKey { store }.into())
        }
        Err(error) => Err(error),
    };
    checked.note("store", store);
    checked.note("ledger", ledger(config.ledger, needs_tokens).await);
    checked
}

async fn ledger(args: LedgerArgs, needs_tokens: bool) -> Result<(String, Vec<String>), StartError> {
    let url = args.url()?;
    if let LedgerUrl::Sqlite(path) = &url
        && is_missing(path)
    {
        return Ok((format!("{url}, which the start will make"), Vec::new()));
    }
    let (ledger, warnings) = open_ledger(args, needs_tokens).await?;
    if let Some(ledger) = ledger {
        blocking(move || ledger.probe())
            .await?
            .map_err(|error: LedgerError| error)?;
    }
    Ok((url.to_string(), warnings))
}

/// Whether a start would make this file. Where that can't be told, opening it tells why.
fn is_missing(path: &Path) -> bool {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    matches!(path.try_exists(), Ok(false)) && folder.is_none_or(Path::is_dir)
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for found in &self.found {
            writeln!(f, "{found}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        for error in &self.errors {
            writeln!(f, "error: {error}")?;
        }
        f.write_str(match self.errors.len() {
            0 => "all is well: it would start, if it may listen there",
            _ => "it would not start",
        })
    }
}
