//! `tracking token new`.

use serde::Serialize;
use tracking_core::rfc3339;
use tracking_core::shown::Plain;
use tracking_core::{Clock, SystemClock};
use tracking_programs::tokens::file::{self, Addition};
use tracking_programs::tokens::{Token, TokenEntry, TokenRate};

use crate::args::{NewTokenArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::{Output, message};

/// All that there is to know of a new token, this once.
#[derive(Debug, Serialize)]
struct Report<'a> {
    token: &'a str,
    name: &'a str,
    sha256: String,
    scopes: Vec<&'static str>,
    expires: Option<String>,
    rate: Option<u32>,
    burst: Option<u32>,
    /// For the server's file.
    lines: String,
}

pub(super) fn run(args: &NewTokenArgs) -> Result<(), Failure> {
    let rate = args.rate.map(|rate| TokenRate::new(rate, args.burst));
    let rate = rate
        .transpose()
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let now_ms = SystemClock.now_ms();
    if let Some(expires) = args.expires.filter(|&expires| expires <= now_ms) {
        return Err(Failure::Usage(format!(
            "expected --expires after now, {}, found {}",
            rfc3339::utc(now_ms),
            rfc3339::utc(expires)
        )));
    }
    let token = Token::random()
        .map_err(|error| Failure::Undone(format!("the system gives no random bits: {error}")))?;
    let scopes = args.scopes.iter().copied().collect();
    let mut entry = TokenEntry::new(args.name.clone(), token.digest(), scopes);
    entry.expires_at_ms = args.expires;
    entry.rate = rate;
    let addition = args.file.as_deref().map(|path| Addition::put(path, &entry));
    let addition = addition.transpose().map_err(Failure::undone)?;
    match (print(args, &token, &entry), addition) {
        (Err(failure), Some(addition)) => {
            // Nobody has the token, so nobody is let in by it. What went wrong first is what is told.
            let _ = addition.undo();
            Err(failure)
        }
        (printed, _) => printed,
    }?;
    match &args.file {
        Some(path) => {
            if let Some(warning) = file::mode_warning(path) {
                message("warning", &warning);
            }
            message(
                "note",
                &format_args!(
                    "the token is for its holder alone: it is kept nowhere and never shown again; its lines are in {}, which `tracking-http --tokens` reads again on SIGHUP",
                    Plain::of(path)
                ),
            );
        }
        None => message(
            "note",
            "the first is the token, for its holder alone: it is kept nowhere and never shown again; the lines are for the file of `tracking-http --tokens`, which reads it again on SIGHUP",
        ),
    }
    Ok(())
}

fn print(args: &NewTokenArgs, token: &Token, entry: &TokenEntry) -> Result<(), Failure> {
    let mut output = Output::new()?;
    match args.report.format {
        ReportFormat::Text if args.file.is_some() => {
            output.write(format!("{}\n", token.expose()).as_bytes())
        }
        ReportFormat::Text => output.write(format!("{}\n\n{entry}", token.expose()).as_bytes()),
        ReportFormat::Json => output.write_json(&Report {
            token: token.expose(),
            name: entry.name.as_str(),
            sha256: entry.digest.to_string(),
            scopes: entry.scopes.iter().map(|scope| scope.as_str()).collect(),
            expires: entry.expires_at_ms.map(rfc3339::utc),
            rate: entry.rate.map(TokenRate::per_second),
            burst: entry.rate.map(TokenRate::burst),
            lines: entry.to_string(),
        }),
    }
}
