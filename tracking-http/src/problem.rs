//! Problem details for HTTP APIs, RFC 9457.

use serde::{Serialize, Serializer};
use tracking_core::order::OrderErrors;
use warp::http::StatusCode;
use warp::http::header::{ALLOW, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};
use warp::reply::Response;

use crate::answer;
use crate::app::NoNumber;
use crate::limits::{BODY_LENGTH_MAX, HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};

/// The kinds of problem. Each `type` is the path `/problems/NAME`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    WrongParameters,
    NotFound,
    MethodNotAllowed,
    NoNumber,
    TargetTooLong,
    HeadersTooLarge,
    BodyTooLarge,
    BrokenBody,
    TooManyInFlight,
    Ending,
}

impl Kind {
    fn uri(self) -> &'static str {
        match self {
            Self::WrongParameters => "/problems/wrong-parameters",
            Self::NotFound => "/problems/not-found",
            Self::MethodNotAllowed => "/problems/method-not-allowed",
            Self::NoNumber => "/problems/no-number",
            Self::TargetTooLong => "/problems/target-too-long",
            Self::HeadersTooLarge => "/problems/headers-too-large",
            Self::BodyTooLarge => "/problems/body-too-large",
            Self::BrokenBody => "/problems/broken-body",
            Self::TooManyInFlight => "/problems/too-many-in-flight",
            Self::Ending => "/problems/ending",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::WrongParameters => "Wrong parameters",
            Self::NotFound => "Nothing is here",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NoNumber => "No number can be issued now",
            Self::TargetTooLong => "The target is too long",
            Self::HeadersTooLarge => "The headers are too large",
            Self::BodyTooLarge => "The body is too large",
            Self::BrokenBody => "The body is broken",
            Self::TooManyInFlight => "Too many requests wait already",
            Self::Ending => "This server is ending",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::WrongParameters => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoNumber => StatusCode::SERVICE_UNAVAILABLE,
            Self::TargetTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::TooManyInFlight | Self::Ending => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    #[serde(serialize_with = "as_number")]
    status: StatusCode,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<&'a OrderErrors>,
}

fn as_number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

/// Every wrong parameter at once.
pub(crate) fn wrong_parameters(errors: &OrderErrors) -> Response {
    let detail = match errors.as_slice() {
        [one] => format!("{} is wrong. Nothing was issued.", one.parameter()),
        many => format!("{} parameters are wrong. Nothing was issued.", many.len()),
    };
    write(Kind::WrongParameters, &detail, Some(errors))
}

pub(crate) fn not_found() -> Response {
    let detail =
        "This server answers GET /next-tracking-number and GET /api/next-tracking-number/.";
    write(Kind::NotFound, detail, None)
}

/// `allowed` is a list of methods, as the header `Allow` has it.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let detail = format!("Only {allowed} is answered here. Nothing was issued.");
    let answer = write(Kind::MethodNotAllowed, &detail, None);
    with(answer, ALLOW, HeaderValue::from_static(allowed))
}

pub(crate) fn no_number(problem: NoNumber) -> Response {
    let detail = "The store of the series cannot be used now, and no reserved numbers are left. \
                  Nothing was issued; ask again later.";
    let answer = write(Kind::NoNumber, detail, None);
    let seconds = problem.retry_after.as_secs().max(1);
    with(answer, RETRY_AFTER, HeaderValue::from(seconds))
}

pub(crate) fn target_too_long() -> Response {
    let detail = format!(
        "A path and query of at most {TARGET_LENGTH_MAX} bytes is read. Nothing was issued."
    );
    write(Kind::TargetTooLong, &detail, None)
}

pub(crate) fn headers_too_large() -> Response {
    let detail = format!(
        "At most {HEADERS_MAX} headers of {HEADERS_LENGTH_MAX} bytes together are read. Nothing was issued."
    );
    write(Kind::HeadersTooLarge, &detail, None)
}

/// What is left of the body is not read, so the connection ends.
pub(crate) fn body_too_large() -> Response {
    let detail = format!("A body of at most {BODY_LENGTH_MAX} bytes is read. Nothing was issued.");
    let answer = write(Kind::BodyTooLarge, &detail, None);
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

pub(crate) fn broken_body() -> Response {
    let detail = "The body does not end as its headers say. Nothing was issued.";
    let answer = write(Kind::BrokenBody, detail, None);
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

pub(crate) fn too_many_in_flight() -> Response {
    let detail = "As many requests wait here as may. Nothing was issued; ask again later.";
    let answer = write(Kind::TooManyInFlight, detail, None);
    with(answer, RETRY_AFTER, HeaderValue::from(1))
}

pub(crate) fn ending() -> Response {
    let detail = "It answers what is still sent to it, and takes no new connections soon.";
    write(Kind::Ending, detail, None)
}

fn with(mut answer: Response, name: HeaderName, value: HeaderValue) -> Response {
    answer.headers_mut().insert(name, value);
    answer
}

#[expect(
    clippy::expect_used,
    reason = "a problem is strings and numbers, and a Vec takes every write"
)]
fn write(kind: Kind, detail: &str, errors: Option<&OrderErrors>) -> Response {
    let status = kind.status();
    let problem = Problem {
        r#type: kind.uri(),
        title: kind.title(),
        status,
        detail,
        errors,
    };
    let body = serde_json::to_vec(&problem).expect("a problem is written to a Vec");
    answer::headed(
        Response::new(body.into()),
        status,
        "application/problem+json",
    )
}
