//! `tracking inspect`: take one number apart.

use std::os::unix::ffi::OsStrExt;

use serde::Serialize;
use tracking_core::args::StoreArgs;
use tracking_core::{
    Clock, Reason, Series, Store, SystemClock, TrackingNumber, Verdict, check_character,
};

use crate::args::{InspectArgs, ReportFormat};
use crate::check::judge::parse;
use crate::failure::Failure;
use crate::output::instant::rfc3339;
use crate::output::table::Table;
use crate::output::{Output, printable};
use crate::stores::open_existing;

/// Characters of body and check character: the shortest number of any series.
const SHORTEST: usize = 13;

/// All that is known of a number.
#[derive(Debug, Default, Serialize)]
struct Report {
    tracking_number: String,
    prefix: Option<String>,
    body: Option<String>,
    check_character: Option<String>,
    /// `None` where there is no series to decide it.
    belongs: Option<bool>,
    reason: Option<&'static str>,
    lane: Option<u8>,
    reserved_at: Option<String>,
    slot: Option<u32>,
    #[serde(skip)]
    explanation: Option<String>,
}

pub(crate) fn run(args: &InspectArgs, store: &StoreArgs) -> Result<(), Failure> {
    let given = args.number.as_bytes().trim_ascii();
    let mut report = Report {
        tracking_number: String::from_utf8_lossy(given).into_owned(),
        ..Report::default()
    };
    let answer = match parse(given) {
        Err(explanation) => {
            report.refuse(Reason::Malformed, explanation);
            Err(Failure::Refused)
        }
        Ok(number) => match open_existing(store) {
            Ok(store) => report.by_series(&number, &store),
            Err(failure @ Failure::Undone(_)) => {
                report.by_shape(&number);
                Err(failure)
            }
            Err(failure) => return Err(failure),
        },
    };
    let mut output = Output::new()?;
    match args.report.format {
        ReportFormat::Json => output.write_json(&report)?,
        ReportFormat::Text => output.write(report.table().text().as_bytes())?,
    }
    answer
}

impl Report {
    fn refuse(&mut self, reason: Reason, explanation: String) {
        self.belongs = Some(false);
        self.reason = Some(reason.code());
        self.explanation = Some(explanation);
    }

    fn by_series(&mut self, number: &TrackingNumber, store: &dyn Store) -> Result<(), Failure> {
        let series: &Series = store.series();
        if let Some((prefix, body, check)) = series.split(number) {
            self.prefix = Some(prefix.to_owned());
            self.body = Some(body.to_owned());
            self.check_character = Some(check.to_owned());
        }
        let (verdict, failure) = match store.snapshot() {
            Ok(seen) => {
                let verdict = series.judge(number, seen.now_ms, seen.timeline.as_ref());
                (Some(verdict), None)
            }
            Err(error) => {
                let verdict = series.judge_unasked(number, SystemClock.now_ms(), None);
                (verdict, Some(error))
            }
        };
        let Some(verdict) = verdict else {
            self.explanation =
                Some("while its store, which alone can tell, cannot be asked".to_owned());
            return failure.map_or(Ok(()), |error| Err(error.into()));
        };
        match verdict {
            Verdict::Belongs(serial) => {
                self.belongs = Some(true);
                self.lane = Some(serial.lane());
                self.reserved_at = Some(rfc3339(serial.reserved_at_ms()));
                self.slot = Some(serial.slot());
                Ok(())
            }
            Verdict::Refused(reason) => {
                self.refuse(reason, reason.to_string());
                Err(Failure::Refused)
            }
        }
    }

    /// Without a series: the parts that a number of this length would have if it were ours.
    fn by_shape(&mut self, number: &TrackingNumber) {
        let text = number.as_str();
        let Some(prefix) = text.len().checked_sub(SHORTEST) else {
            self.explanation = Some(format!(
                "without its series: it is shorter than the {SHORTEST} characters that numbers have here"
            ));
            return;
        };
        let (front, check) = text.split_at(text.len() - 1);
        let (prefix, body) = front.split_at(prefix);
        let right = check_character(front).is_some_and(|right| check.contains(right));
        self.prefix = Some(prefix.to_owned());
        self.body = Some(body.to_owned());
        self.check_character = Some(check.to_owned());
        let found = if right {
            "its check character is right".to_owned()
        } else {
            Reason::CheckCharacter.to_string()
        };
        self.explanation = Some(format!("without its series: {found}"));
    }

    fn table(&self) -> Table {
        let shown: Vec<u8> = printable(self.tracking_number.as_bytes()).collect();
        let shown = String::from_utf8_lossy(&shown);
        let belongs = match (self.belongs, &self.explanation) {
            (Some(true), _) => "yes: the series could have issued it".to_owned(),
            (Some(false), Some(explanation)) => format!("no: {explanation}"),
            (Some(false), None) => "no".to_owned(),
            (None, Some(explanation)) => format!("undecided {explanation}"),
            (None, None) => "undecided".to_owned(),
        };
        Table::default()
            .line("tracking number", shown)
            .maybe("prefix", &self.prefix)
            .maybe("body", &self.body)
            .maybe("check character", &self.check_character)
            .line("belongs", belongs)
            .maybe("reason", &self.reason)
            .maybe("lane", &self.lane)
            .maybe("reserved at", &self.reserved_at)
            .maybe("slot", &self.slot)
    }
}
