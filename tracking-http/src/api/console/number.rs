//! One number, and its label.

use std::sync::Arc;

use tracking_core::{TrackingNumber, Verdict};
use warp::http::StatusCode;

use super::{field, of_problem, page, see, visitor};
use crate::api::answer::Answer;
use crate::api::asked::Asked;
use crate::api::problems::{self, Kind};
use crate::api::query;
use crate::api::state::Api;
use crate::api::verdict::{self, Found};
use crate::console::label::{self, Paper};
use crate::console::number::{self, Known, Record};

/// A number as people type it: in groups, and in either case.
pub(super) fn typed(text: &str) -> Option<TrackingNumber> {
    let text: String = text.split_whitespace().collect();
    text.to_ascii_uppercase().parse().ok()
}

/// Which number is meant.
pub(in crate::api) fn which(_: &Arc<Api>, asked: Asked) -> Answer {
    let given = field(&asked.query, "number");
    match typed(&given) {
        Some(number) => see(&format!("/console/numbers/{}", number.as_str())).into(),
        None => {
            let shown = number::ask(&visitor(&asked), &given);
            match given.is_empty() {
                true => page(shown).into(),
                false => {
                    let kind = Kind::MalformedNumber;
                    of_problem(kind, kind.status(), shown).into()
                }
            }
        }
    }
}

/// All about it.
pub(in crate::api) fn number(api: &Arc<Api>, asked: Asked) -> Answer {
    if let Some(refusal) = query::unread(&asked.query, "is not read here") {
        return refusal.into();
    }
    let Some(number) = verdict::number(&asked.parameter) else {
        return Kind::MalformedNumber.answer().into();
    };
    let api = Arc::clone(api);
    Answer::later(async move {
        let Found { verdict, entry } = match verdict::found(&api, &asked.asker, number).await {
            Ok(found) => found,
            Err(error) => return error.answer(),
        };
        let record = match (api.recording(), entry) {
            (None, _) => Record::NoLedger,
            (Some(_), None) => Record::Hidden,
            (Some(_), Some(None)) => Record::Nothing,
            (Some(_), Some(Some(entry))) => Record::Entry(entry.into()),
        };
        let is_recorded = matches!(record, Record::Entry(_));
        let known = Known {
            number: &number,
            parts: api.series().split(&number),
            verdict,
            record,
        };
        let shown = number::show(&visitor(&asked), &known);
        match verdict {
            Some(Verdict::Refused(reason)) if !is_recorded => {
                let kind = problems::of_reason(reason);
                of_problem(kind, kind.status(), shown)
            }
            _ => page(shown),
        }
    })
}

/// Its label. None is printed of a number that nobody may have.
pub(in crate::api) fn label(api: &Arc<Api>, asked: Asked) -> Answer {
    let paper = Paper::of(&field(&asked.query, "paper"));
    let (Some(number), Some(paper)) = (verdict::number(&asked.parameter), paper) else {
        return Kind::MalformedNumber.answer().into();
    };
    let api = Arc::clone(api);
    Answer::later(async move {
        let found = match verdict::found(&api, &asked.asker, number).await {
            Ok(found) => found,
            Err(error) => return error.answer(),
        };
        let entry = found.entry.flatten();
        match (found.verdict, &entry) {
            (Some(Verdict::Belongs(_)), _) | (_, Some(_)) => {
                let shown = label::show(&number, paper, entry.as_ref());
                super::of_status(StatusCode::OK, shown)
            }
            (Some(Verdict::Refused(reason)), None) => problems::refused_number(reason),
            (None, None) => Kind::Undecided.answer(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_as_people_type_it() {
        for (text, expected) in [
            ("ABC0123456789012", Some("ABC0123456789012")),
            (" abc0 1234 5678 9012 ", Some("ABC0123456789012")),
            ("", None),
            ("ABC-1", None),
            ("ABC01234567890123", None),
        ] {
            let number = typed(text);
            assert_eq!(
                number.as_ref().map(TrackingNumber::as_str),
                expected,
                "{text}"
            );
        }
    }
}
