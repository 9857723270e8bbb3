//! The list, and the same as CSV.

use std::borrow::Cow;
use std::sync::Arc;

use tracking_core::issued::Zone;
use tracking_core::order::pairs;
use tracking_ledger::{Cursor, Entry};
use tracking_programs::csv::{ENTRY_HEADER, entry_fields, harmless, write_row};
use warp::http::header::{CONTENT_DISPOSITION, HeaderValue};
use warp::reply::Response;

use super::number::typed;
use super::{encoded, field, guarded, of_problem, page, see, visitor, wrong};
use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::list::{self, Question};
use crate::api::problems::{self, Kind};
use crate::api::state::Api;
use crate::console::Wrong;
use crate::console::numbers::{FIELDS, Listed, Search, show};
use crate::console::problem::no_ledger;

/// The parameters that are the page's own, beside the list's.
const OWN: [&[u8]; 2] = [b"number", b"trail"];

/// As many pages lead back one by one; from the last of these it goes to the newest.
const TRAIL_MAX: usize = 64;

/// Where the pages before began, the first of them not: that has no cursor.
#[derive(Debug, Clone, Default)]
struct Trail(Vec<Cursor>);

impl Trail {
    fn parse(text: &str) -> Option<Self> {
        let parts = text.split('.').filter(|part| !part.is_empty());
        let cursors: Option<Vec<Cursor>> = parts.map(|part| part.parse().ok()).collect();
        cursors
            .filter(|cursors| cursors.len() <= TRAIL_MAX)
            .map(Self)
    }

    /// That of the next page.
    fn and(&self, cursor: Option<Cursor>) -> Self {
        let mut cursors = self.0.clone();
        cursors.extend(cursor);
        let surplus = cursors.len().saturating_sub(TRAIL_MAX);
        Self(cursors.split_off(surplus))
    }

    fn text(&self) -> String {
        let cursors: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        cursors.join(".")
    }
}

/// Links to other parts of one list.
struct Links {
    /// What is searched for, as parameters.
    search: Vec<(&'static str, String)>,
}

impl Links {
    fn of(query: &str) -> Self {
        let names = FIELDS.into_iter().skip(1).chain(["limit"]);
        let search = names.map(|name| (name, field(query, name)));
        Self {
            search: search.filter(|(_, value)| !value.is_empty()).collect(),
        }
    }

    fn to(&self, path: &str, cursor: Option<Cursor>, trail: &Trail) -> String {
        let more = [
            ("cursor", cursor.map(|cursor| cursor.to_string())),
            ("trail", Some(trail.text())),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let all = self.search.iter().cloned().chain(more);
        let all = all.filter(|(_, value)| !value.is_empty());
        let all: Vec<String> = all
            .map(|(name, value)| format!("{name}={}", encoded(&value)))
            .collect();
        match all.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", all.join("&")),
        }
    }
}

/// What the list itself is asked.
fn question(query: &str) -> Result<Question, Vec<problems::ParameterError>> {
    list::read(pairs(query).filter(|(name, _)| !OWN.contains(&&**name)))
}

/// The page.
pub(in crate::api) fn numbers(api: &Arc<Api>, asked: Asked) -> Answer {
    let visitor = visitor(&asked);
    let Some(desk) = api.recording() else {
        let kind = Kind::NoLedger;
        return of_problem(kind, kind.status_of_reading(), no_ledger(&visitor)).into();
    };
    let query = &asked.query;
    let mut search = Search {
        values: FIELDS.map(|name| field(query, name)),
        wrong: Vec::new(),
    };
    let number = field(query, "number");
    if !number.is_empty() {
        match typed(&number) {
            Some(number) => return see(&format!("/console/numbers/{}", number.as_str())).into(),
            None => search.wrong.push(Wrong {
                field: "number".to_owned(),
                message: "is not 1 to 16 characters of A-Z and 0-9".to_owned(),
            }),
        }
    }
    let trail = Trail::parse(&field(query, "trail"));
    if trail.is_none() {
        search.wrong.push(Wrong {
            field: "trail".to_owned(),
            message: "is not as a page of this list gave it".to_owned(),
        });
    }
    let (question, trail) = match (question(query), trail) {
        (Ok(question), Some(trail)) if search.wrong.is_empty() => (question, trail),
        (question, _) => {
            search.wrong.extend(
                question
                    .err()
                    .map_or_else(Vec::new, |errors| wrong(&errors)),
            );
            let kind = Kind::WrongParameters;
            return of_problem(kind, kind.status(), show(&visitor, &search, None)).into();
        }
    };
    let links = Links::of(query);
    let (api, desk) = (Arc::clone(api), Arc::clone(desk));
    Answer::later(async move {
        let cursor = question.cursor;
        let part = match list::part(&api, &desk, question).await {
            Ok(part) => part,
            Err(problem) => return *problem,
        };
        let listed = Listed {
            entries: part.entries,
            newest: cursor.map(|_| links.to("/console", None, &Trail::default())),
            newer: cursor.map(|_| match trail.0.split_last() {
                Some((before, others)) => {
                    links.to("/console", Some(*before), &Trail(others.to_vec()))
                }
                None => links.to("/console", None, &Trail::default()),
            }),
            older: part
                .next
                .map(|next| links.to("/console", Some(next), &trail.and(cursor))),
            csv: links.to("/console/numbers.csv", cursor, &Trail::default()),
        };
        page(show(&visitor, &search, Some(&listed)))
    })
}

/// What a page shows, as a file.
pub(in crate::api) fn csv(api: &Arc<Api>, asked: Asked) -> Answer {
    let Some(desk) = api.recording() else {
        return problems::nothing_recorded().into();
    };
    let question = match question(&asked.query) {
        Ok(question) => question,
        Err(errors) => return problems::wrong_parameters(&errors).into(),
    };
    let (api, desk) = (Arc::clone(api), Arc::clone(desk));
    Answer::later(async move {
        match list::part(&api, &desk, question).await {
            Ok(part) => as_csv(&part.entries),
            Err(problem) => *problem,
        }
    })
}

/// Harmless in a spreadsheet, and with times in UTC, as the page has them.
fn as_csv(entries: &[Entry]) -> Response {
    let mut text = Vec::new();
    write_row(&mut text, &ENTRY_HEADER.map(Cow::Borrowed));
    for entry in entries {
        write_row(&mut text, &entry_fields(entry, Zone::UTC).map(harmless));
    }
    let mut answer = guarded(answer::of(text, "text/csv; charset=utf-8; header=present"));
    let name = HeaderValue::from_static("attachment; filename=\"tracking-numbers.csv\"");
    answer.headers_mut().insert(CONTENT_DISPOSITION, name);
    answer
}

#[cfg(test)]
mod tests {
    use tracking_ledger::Filter;

    use super::*;

    fn cursor(below: i64) -> Cursor {
        Cursor::new(below, &Filter::default())
    }

    #[test]
    fn a_trail_leads_back_page_by_page_and_never_grows_too_long() {
        assert!(Trail::parse("").unwrap().0.is_empty());
        let two = Trail::default()
            .and(None)
            .and(Some(cursor(9)))
            .and(Some(cursor(5)));
        assert_eq!(Trail::parse(&two.text()).unwrap().0, [cursor(9), cursor(5)]);
        let long = (0..200).fold(Trail::default(), |trail, below| {
            trail.and(Some(cursor(below)))
        });
        assert_eq!(long.0.len(), TRAIL_MAX);
        assert_eq!(long.0.last(), Some(&cursor(199)));
        assert!(Trail::parse(&long.text()).is_some());
        for wrong in ["x", "a.b", &format!("{}.{}", long.text(), cursor(1))] {
            assert!(Trail::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn links_keep_what_is_searched_for() {
        let links = Links::of("reference=a%26b+c&token=&limit=10&cursor=x&trail=y&number=");
        let to = links.to("/console", None, &Trail::default());
        assert_eq!(to, "/console?reference=a%26b%20c&limit=10");
        let empty = Links::of("").to("/console", None, &Trail::default());
        assert_eq!(empty, "/console");
        let next = links.to("/console", Some(cursor(7)), &Trail(vec![cursor(9)]));
        assert!(
            next.contains("&cursor=") && next.contains("&trail="),
            "{next}"
        );
    }

    #[test]
    fn no_cell_of_the_file_is_a_formula() {
        let entry = Entry {
            number: "A1".parse().unwrap(),
            issued_at_ms: 0,
            origin: tracking_ledger::Origin::Issued,
            order: tracking_core::order::Order::from_pairs(
                [("customer_name", "=1+1,\"x\"")],
                tracking_core::order::Required::NONE,
            )
            .unwrap(),
            reference: None,
            token: None,
            request_id: None,
        };
        let answer = as_csv(&[entry]);
        let disposition = &answer.headers()[CONTENT_DISPOSITION];
        assert_eq!(disposition, "attachment; filename=\"tracking-numbers.csv\"");
    }
}
