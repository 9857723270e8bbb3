//! The console's pages: from what is asked to what is known, by the API's own functions.

mod door;
mod issue;
mod number;
mod numbers;
mod sent;
mod status;

use std::sync::Arc;

use maud::Markup;
use tracking_core::order::pairs;
use warp::http::StatusCode;
use warp::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
};
use warp::reply::Response;

pub(super) use self::door::{log_in, log_out};
pub(super) use self::issue::issue;
pub(super) use self::number::{label, number, which};
pub(super) use self::numbers::{csv, numbers};
use self::sent::Sent;
pub(super) use self::status::status;
use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::{Kind, ParameterError};
use crate::api::state::Api;
use crate::console::{FILES, File, Hour, Sample, Visitor, Wrong, problem};

/// Pages have styles and an icon of their own, send forms home, and reach nobody else; no script runs.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// A page whose form is POSTed says to this server, and to no other, that it is of it: without that browsers send
/// `Origin: null`, as pages of others do.
const TO_ITSELF: HeaderValue = HeaderValue::from_static("same-origin");
const TO_NOBODY: HeaderValue = HeaderValue::from_static("no-referrer");

const HTML: &str = "text/html; charset=utf-8";

/// What the console keeps, all of it bounded.
#[derive(Debug, Default)]
pub(crate) struct Console {
    hour: Hour,
    sent: Sent,
}

impl Console {
    pub(crate) fn add(&self, sample: Sample) {
        self.hour.add(sample);
    }
}

/// A page.
fn page(markup: Markup) -> Response {
    of_status(StatusCode::OK, markup)
}

fn of_status(status: StatusCode, markup: Markup) -> Response {
    let answer = answer::of(markup.into_string(), HTML);
    guarded(answer::headed(answer, status, HTML))
}

/// A page that tells of a problem.
fn of_problem(kind: Kind, status: StatusCode, markup: Markup) -> Response {
    let mut answer = of_status(status, markup);
    answer.extensions_mut().insert(kind);
    answer
}

fn guarded(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(REFERRER_POLICY, TO_NOBODY);
    answer
}

/// [`TO_ITSELF`].
fn with_form(mut answer: Response) -> Response {
    answer.headers_mut().insert(REFERRER_POLICY, TO_ITSELF);
    answer
}

/// Go there, by GET. A path that is no header's value leads to the first page.
fn see(path: &str) -> Response {
    let mut answer = answer::of("", HTML);
    *answer.status_mut() = StatusCode::SEE_OTHER;
    answer.headers_mut().remove(CONTENT_TYPE);
    let path = HeaderValue::try_from(path);
    let path = path.unwrap_or(HeaderValue::from_static("/console"));
    answer.headers_mut().insert(LOCATION, path);
    guarded(answer)
}

/// Where the answer is a problem, as the API tells it: a page of it. Who must log in first is led there from
/// a page, and then back to `path`.
pub(crate) fn shown(answer: Response, visitor: &Visitor, path: Option<&str>) -> Response {
    let Some(kind) = Kind::of_answer(&answer).filter(|_| !is_page(&answer)) else {
        return answer;
    };
    let (head, _) = answer.into_parts();
    let mut page = match path.filter(|_| kind == Kind::Unauthorized) {
        Some(path) => see(&format!("/console/login?to={}", encoded(path))),
        None => {
            let told = problem::show(visitor, kind.title(), kind.explanation());
            of_status(head.status, told)
        }
    };
    page.extensions_mut().insert(kind);
    for (name, value) in &head.headers {
        if is_kept(name) {
            page.headers_mut().append(name, value.clone());
        }
    }
    page
}

fn is_page(answer: &Response) -> bool {
    let content_type = answer.headers().get(CONTENT_TYPE);
    content_type.is_none_or(|content_type| content_type == HTML)
}

/// What a problem says in a header that its page says, too. A browser is not asked for a token as a program is.
fn is_kept(name: &HeaderName) -> bool {
    [
        "allow",
        "retry-after",
        "connection",
        "ratelimit",
        "ratelimit-policy",
    ]
    .contains(&name.as_str())
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Who asks.
fn visitor(asked: &Asked) -> Visitor {
    let visit = asked.asker.visit.as_ref();
    visit.map_or_else(Visitor::default, |visit| visit.visitor.clone())
}

/// The value of a field of a form, or of a parameter; the last, if there are several, and nothing if there is none.
fn field(form: &str, name: &str) -> String {
    let values = pairs(form).filter(|(found, _)| **found == *name.as_bytes());
    let value = values.last().map(|(_, value)| value);
    value.map_or_else(String::new, |value| {
        String::from_utf8_lossy(&value).into_owned()
    })
}

/// The fields of a form that was POSTed, if it is this visitor's own: one with a session shows the session's token.
fn own_form(asked: &Asked) -> Result<String, Box<Response>> {
    let form = str::from_utf8(&asked.body).map_err(|_| Kind::BrokenBody.answer())?;
    let visit = asked.asker.visit.as_ref();
    let expected = visit.and_then(|visit| visit.visitor.form_token.as_deref());
    let is_own = expected.is_none_or(|expected| {
        let shown = field(form, "form_token");
        subtle::ConstantTimeEq::ct_eq(shown.as_bytes(), expected.as_bytes()).into()
    });
    match is_own {
        true => Ok(form.to_owned()),
        false => Err(Kind::CrossSite.answer().into()),
    }
}

fn wrong(errors: &[ParameterError]) -> Vec<Wrong> {
    let wrong = |error: &ParameterError| Wrong {
        field: error.parameter.clone(),
        message: error.message.clone(),
    };
    errors.iter().map(wrong).collect()
}

fn found(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

/// Whether pages ask for a file of that name.
pub(super) fn has_file(name: &str) -> bool {
    found(name).is_some()
}

/// A file that pages ask for.
pub(super) fn file(_: &Arc<Api>, asked: Asked) -> Answer {
    match found(&asked.parameter) {
        Some(file) => guarded(answer::of(file.text, file.content_type)).into(),
        None => Kind::NotFound.answer().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problems;

    #[test]
    fn a_problem_becomes_a_page_that_keeps_what_counts() {
        let visitor = Visitor::default();
        let answer = shown(problems::method_not_allowed("GET, HEAD"), &visitor, None);
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "GET, HEAD");
        assert_eq!(answer.headers()[CONTENT_TYPE], HTML);
        assert_eq!(answer.headers()[CONTENT_SECURITY_POLICY], POLICY);
        assert_eq!(Kind::of_answer(&answer), Some(Kind::MethodNotAllowed));
        // A page of its own stays.
        let own = of_problem(
            Kind::NoLedger,
            StatusCode::NOT_IMPLEMENTED,
            maud::html! { "x" },
        );
        assert_eq!(shown(own, &visitor, None).status(), 501);
    }

    #[test]
    fn who_must_log_in_is_led_there_and_back() {
        let refused = || problems::unauthorized(problems::Unauthorized::Missing);
        let answer = shown(refused(), &Visitor::default(), Some("/console?token=a b"));
        assert_eq!(answer.status(), 303);
        let to = "/console/login?to=%2Fconsole%3Ftoken%3Da%20b";
        assert_eq!(answer.headers()[LOCATION], to);
        assert!(!answer.headers().contains_key("www-authenticate"));
        // What a form says cannot be led anywhere.
        let answer = shown(refused(), &Visitor::default(), None);
        assert_eq!(answer.status(), 401);
    }
}
