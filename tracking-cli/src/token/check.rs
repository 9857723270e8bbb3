//! `tracking token check`.

use std::path::Path;

use serde::Serialize;
use tracking_core::rfc3339;
use tracking_core::shown::Plain;
use tracking_core::{Clock, SystemClock};
use tracking_programs::tokens::file::{self, Line, MISTAKES_MAX, Mistake, TokenFileError};
use tracking_programs::tokens::{Count, TokenRate};

use crate::args::{CheckTokensArgs, ReportFormat};
use crate::failure::Failure;
use crate::output::table::Columns;
use crate::output::{Output, message};

/// What a file says, or all that is wrong with it.
#[derive(Debug, Serialize)]
struct Report {
    tokens: Vec<Row>,
    mistakes: Vec<Wrong>,
}

/// What a token may. Nothing of the token itself, nor of its digest.
#[derive(Debug, Serialize)]
struct Row {
    line: usize,
    name: String,
    scopes: Vec<&'static str>,
    rate: Option<u32>,
    burst: Option<u32>,
    expires: Option<String>,
    expired: bool,
}

#[derive(Debug, Serialize)]
struct Wrong {
    line: usize,
    column: usize,
    message: String,
}

pub(super) fn run(args: &CheckTokensArgs) -> Result<(), Failure> {
    let path = &args.file;
    let now_ms = SystemClock.now_ms();
    let mut output = Output::new()?;
    match file::read_lines(path) {
        Ok(lines) => {
            let report = Report::of(&lines, now_ms);
            match args.report.format {
                ReportFormat::Text => output.write(report.columns().text().as_bytes())?,
                ReportFormat::Json => output.write_json(&report)?,
            }
            let count = Count::of(lines.iter().map(|line| &line.entry), now_ms);
            if let Some(warning) = file::warning(path, count) {
                message("warning", &warning);
            }
            message("note", &format_args!("{}: {count}", Plain::of(path)));
            Ok(())
        }
        Err(TokenFileError::Wrong { mistakes, .. }) => {
            match args.report.format {
                ReportFormat::Text => output.write(text_of(path, &mistakes).as_bytes())?,
                ReportFormat::Json => output.write_json(&Report::of_mistakes(&mistakes))?,
            }
            if mistakes.len() == MISTAKES_MAX {
                let shown = format_args!("no more than {MISTAKES_MAX} mistakes are shown");
                message("note", &shown);
            }
            Err(Failure::Refused)
        }
        Err(error) => Err(Failure::undone(error)),
    }
}

/// A line for each mistake, as compilers have it.
fn text_of(path: &Path, mistakes: &[Mistake]) -> String {
    let lines = mistakes
        .iter()
        .map(|mistake| format!("{}:{mistake}\n", Plain::of(path)));
    lines.collect()
}

impl Report {
    fn of(lines: &[Line], now_ms: i64) -> Self {
        let rows = lines.iter().map(|Line { entry, line, .. }| Row {
            line: *line,
            name: entry.name.to_string(),
            scopes: entry.scopes.iter().map(|scope| scope.as_str()).collect(),
            rate: entry.rate.map(TokenRate::per_second),
            burst: entry.rate.map(TokenRate::burst),
            expires: entry.expires_at_ms.map(rfc3339::utc),
            expired: entry.is_expired(now_ms),
        });
        Self {
            tokens: rows.collect(),
            mistakes: Vec::new(),
        }
    }

    fn of_mistakes(mistakes: &[Mistake]) -> Self {
        let wrong = mistakes.iter().map(|mistake| Wrong {
            line: mistake.line,
            column: mistake.column,
            message: mistake.message.clone(),
        });
        Self {
            tokens: Vec::new(),
            mistakes: wrong.collect(),
        }
    }

    fn columns(&self) -> Columns<6> {
        let heads = ["line", "name", "scopes", "rate", "burst", "expires"];
        let mut columns = Columns::new(heads);
        for row in &self.tokens {
            let expires = row.expires.as_ref().map(|time| match row.expired {
                true => format!("{time} (expired)"),
                false => time.clone(),
            });
            columns.row([
                Some(row.line.to_string()),
                Some(row.name.clone()),
                Some(row.scopes.join(",")),
                row.rate.map(|rate| rate.to_string()),
                row.burst.map(|burst| burst.to_string()),
                expires,
            ]);
        }
        columns
    }
}
