//! `tracking inspect`: take numbers apart.

use std::os::unix::ffi::OsStrExt;

use serde::Serialize;
use tracking_core::judging::{Look, Looks};
use tracking_core::number::check_character;
use tracking_core::rfc3339;
use tracking_core::shown::Plain;
use tracking_core::{OpenStore, Reason, TrackingNumber, Verdict};
use tracking_programs::args::StoreArgs;

use crate::args::{InspectArgs, ReportFormat};
use crate::check::judge::parse;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::table::Table;
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
    let mut series = Series::NotOpened(store);
    let mut output = Output::new()?;
    // What could not be decided is told once, and counts for more than what is refused.
    let (mut refused, mut undone) = (false, None);
    for (index, number) in args.numbers.iter().enumerate() {
        let (report, answer) = Report::of(number.as_bytes().trim_ascii(), &mut series);
        match answer {
            Ok(()) => {}
            Err(Failure::Refused) => refused = true,
            Err(failure @ Failure::Undone(_)) => undone = Some(failure),
            Err(failure) => return Err(failure),
        }
        match args.report.format {
            ReportFormat::Json => output.write_json(&report)?,
            ReportFormat::Text => {
                let before = if index == 0 { "" } else { "\n" };
                output.write(format!("{before}{}", report.table().text()).as_bytes())?;
            }
        }
    }
    match (undone, refused) {
        (Some(failure), _) => Err(failure),
        (None, true) => Err(Failure::Refused),
        (None, false) => Ok(()),
    }
}

/// The series of the numbers: opened for the first that is one.
enum Series<'a> {
    NotOpened(&'a StoreArgs),
    Opened(Result<Box<dyn OpenStore>, Failure>),
}

impl Series<'_> {
    fn open(&mut self) -> Result<&dyn OpenStore, Failure> {
        if let Self::NotOpened(store) = self {
            *self = Self::Opened(open_existing(store));
        }
        match self {
            Self::Opened(Ok(store)) => Ok(store),
            Self::Opened(Err(Failure::Undone(why))) => Err(Failure::Undone(why.clone())),
            Self::Opened(Err(Failure::Usage(why))) => Err(Failure::Usage(why.clone())),
            _ => Err(Failure::Undone("the series was not opened".to_owned())),
        }
    }
}

impl Report {
    /// All about a number, and how the command ends if it is the only one.
    fn of(given: &[u8], series: &mut Series<'_>) -> (Self, Result<(), Failure>) {
        let mut report = Self {
            tracking_number: String::from_utf8_lossy(given).into_owned(),
            ..Self::default()
        };
        let answer = match parse(given) {
            Err(explanation) => {
                report.refuse(Reason::Malformed, explanation);
                Err(Failure::Refused)
            }
            Ok(number) => match series.open() {
                Ok(store) => report.by_series(&number, store),
                Err(failure) => {
                    report.by_shape(&number);
                    Err(failure)
                }
            },
        };
        (report, answer)
    }

    fn refuse(&mut self, reason: Reason, explanation: String) {
        self.belongs = Some(false);
        self.reason = Some(reason.code());
        self.explanation = Some(explanation);
    }

    fn by_series(&mut self, number: &TrackingNumber, store: &dyn OpenStore) -> Result<(), Failure> {
        let series = store.series();
        if let Some((prefix, body, check)) = series.split(number) {
            self.prefix = Some(prefix.to_owned());
            self.body = Some(body.to_owned());
            self.check_character = Some(check.to_owned());
        }
        let mut looks = Looks::default();
        let look = looks.take(Look::at(store));
        let verdict = looks.judge(series, number);
        let Some(verdict) = verdict else {
            self.explanation =
                Some("while its store, which alone can tell, cannot be asked".to_owned());
            return look
                .error()
                .cloned()
                .map_or(Ok(()), |error| Err(error.into()));
        };
        match verdict {
            Verdict::Belongs(serial) => {
                self.belongs = Some(true);
                self.lane = Some(serial.lane());
                self.reserved_at = Some(rfc3339::utc(serial.reserved_at_ms()));
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
        let belongs = match (self.belongs, &self.explanation) {
            (Some(true), _) => "yes: the series could have issued it".to_owned(),
            (Some(false), Some(explanation)) => format!("no: {explanation}"),
            (Some(false), None) => "no".to_owned(),
            (None, Some(explanation)) => format!("undecided {explanation}"),
            (None, None) => "undecided".to_owned(),
        };
        Table::default()
            .line("tracking number", Plain::of(&self.tracking_number))
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
