//! What was issued, by the page: the ledger's entries, newest first.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use tracking_core::order::pairs;
use tracking_core::rfc3339;
use tracking_ledger::{Cursor, EntryJson, Filter, LedgerError, PageLimit, RecordingDesk};
use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::{self, ParameterError};
use crate::api::recorded;
use crate::api::state::Api;

/// How long a page is waited for.
const DEADLINE: Duration = Duration::from_secs(2);

/// What was issued less than this ago may still come in front of what a page shows: several servers write.
const SETTLED_AFTER_MS: i64 = 5_000;

/// The parameters, as a message lists them.
const EXPECTED: &str = "is not a parameter: expected customer_id, reference, request_id, origin_country_id, \
     destination_country_id, token, from, to, limit or cursor";

/// The answer, 200.
#[derive(Serialize)]
struct Page<'a> {
    tracking_numbers: Vec<EntryJson<'a>>,
    /// For the next page; the list is at its end where it is null, and not where a page is short.
    next_cursor: Option<String>,
    /// What is older is neither lost nor repeated from page to page.
    settled_before: String,
}

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Question {
    filter: Filter,
    limit: PageLimit,
    pub(super) cursor: Option<Cursor>,
}

pub(super) fn answer(api: &Arc<Api>, asked: Asked) -> Answer {
    let Some(desk) = api.recording() else {
        return problems::nothing_recorded().into();
    };
    let question = match read(pairs(&asked.query)) {
        Ok(question) => question,
        Err(errors) => return problems::wrong_parameters(&errors).into(),
    };
    let (api, desk) = (Arc::clone(api), Arc::clone(desk));
    Answer::later(async move {
        let now_ms = api.desk().now_ms();
        match part(&api, &desk, question).await {
            Ok(page) => written(&api, &page, now_ms),
            Err(problem) => *problem,
        }
    })
}

/// The part of the list that is asked for, or the problem.
pub(super) async fn part(
    api: &Api,
    desk: &RecordingDesk,
    question: Question,
) -> Result<tracking_ledger::Page, Box<Response>> {
    let Question {
        filter,
        limit,
        cursor,
    } = question;
    let page = desk
        .recorder()
        .ask(move |ledger| ledger.list(&filter, cursor.as_ref(), limit));
    let problem = match timeout(DEADLINE, page).await {
        Ok(Ok(page)) => return Ok(page),
        Ok(Err(LedgerError::OtherFilter)) => {
            let message =
                "belongs to a list with other parameters: expected the same on every page";
            problems::wrong_parameters(&[ParameterError::new("cursor", "other-filter", message)])
        }
        Ok(Err(error)) => recorded::not_recorded(api, &error).answer(),
        Err(_) => recorded::too_late(api, desk).answer(),
    };
    Err(problem.into())
}

#[expect(
    clippy::expect_used,
    reason = "it is strings and a number as it is written, and a Vec takes every write"
)]
fn written(api: &Api, page: &tracking_ledger::Page, now_ms: i64) -> Response {
    let zone = api.desk().zone();
    let page = Page {
        tracking_numbers: page.entries.iter().map(|entry| entry.json(zone)).collect(),
        next_cursor: page.next.as_ref().map(ToString::to_string),
        settled_before: rfc3339::utc(now_ms.saturating_sub(SETTLED_AFTER_MS)),
    };
    answer::json(serde_json::to_vec(&page).expect("a page is written to a Vec"))
}

/// The question, or everything that is wrong with it. An empty value counts as absent.
pub(super) fn read<'a>(
    pairs: impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)>,
) -> Result<Question, Vec<ParameterError>> {
    let mut question = Question::default();
    let mut given: Vec<Cow<'_, [u8]>> = Vec::new();
    let mut errors = Vec::new();
    for (name, value) in pairs {
        if given.contains(&name) {
            let name = String::from_utf8_lossy(&name);
            errors.push(ParameterError::given_twice(&name));
        } else if let Err(error) = set(&mut question, &name, &value) {
            errors.push(error);
        }
        given.push(name);
        if errors.len() == problems::UNKNOWN_MAX {
            break;
        }
    }
    if errors.is_empty() {
        Ok(question)
    } else {
        Err(errors)
    }
}

fn set(question: &mut Question, name: &[u8], value: &[u8]) -> Result<(), ParameterError> {
    let filter = &mut question.filter;
    let Ok(text) = str::from_utf8(value) else {
        let name = String::from_utf8_lossy(name);
        return Err(ParameterError::not_utf8(&name));
    };
    let time = |name| parsed_by(name, text, rfc3339::parse);
    match name {
        b"customer_id" => filter.customer_id = parsed("customer_id", text)?,
        b"reference" => filter.reference = parsed("reference", text)?,
        b"request_id" => filter.request_id = parsed("request_id", text)?,
        b"origin_country_id" => filter.origin_country_id = parsed("origin_country_id", text)?,
        b"destination_country_id" => {
            filter.destination_country_id = parsed("destination_country_id", text)?;
        }
        b"token" => filter.token = parsed("token", text)?,
        b"from" => filter.from_ms = time("from")?,
        b"to" => filter.to_ms = time("to")?,
        // The nearest that may be.
        b"limit" => {
            question.limit = parsed_by("limit", text, limit)?.unwrap_or_default();
        }
        b"cursor" => question.cursor = parsed("cursor", text)?,
        other => {
            let name = String::from_utf8_lossy(other);
            return Err(ParameterError::unknown(&name, EXPECTED));
        }
    }
    Ok(())
}

/// The nearest limit to a whole number, however large.
fn limit(text: &str) -> Result<PageLimit, &'static str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err("is not a whole number: expected one from 1 to 1000");
    }
    // One that cannot be read is far above, or below.
    let nearest: i64 = text.parse().unwrap_or(match digits == text {
        true => i64::MAX,
        false => i64::MIN,
    });
    let nearest = usize::try_from(nearest.max(0)).unwrap_or(usize::MAX);
    Ok(PageLimit::nearest(nearest))
}

fn parsed<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<Option<T>, ParameterError> {
    parsed_by(name, text, T::from_str)
}

fn parsed_by<T, E: Display>(
    name: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, ParameterError> {
    if text.is_empty() {
        return Ok(None);
    }
    match parse(text) {
        Ok(value) => Ok(Some(value)),
        Err(error) => Err(ParameterError::new(name, "wrong-value", error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_nearest_that_may_be() {
        for (text, limit) in [
            ("", 100),
            ("1", 1),
            ("0", 1),
            ("1000", 1_000),
            ("9999", 1_000),
            ("-7", 1),
            ("99999999999999999999999", 1_000),
        ] {
            let question = read(pairs(&format!("limit={text}"))).unwrap();
            assert_eq!(question.limit.count(), limit, "{text}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let query = "customer_id=x&from=today&limit=many&cursor=?&colour=red&to=&to=&token=%ff";
        let errors = read(pairs(query)).unwrap_err();
        let wrong: Vec<_> = errors.iter().map(|e| (&*e.parameter, e.code)).collect();
        assert_eq!(
            wrong,
            [
                ("customer_id", "wrong-value"),
                ("from", "wrong-value"),
                ("limit", "wrong-value"),
                ("cursor", "wrong-value"),
                ("colour", "unknown-parameter"),
                ("to", "given-twice"),
                ("token", "not-utf-8"),
            ]
        );
        let many: String = (0..100).map(|n| format!("x{n}=1&")).collect();
        assert_eq!(read(pairs(&many)).unwrap_err().len(), problems::UNKNOWN_MAX);
    }
}
