//! Problem details for HTTP APIs, RFC 9457.

mod kind;

use std::time::Duration;

use serde::{Serialize, Serializer};
use tracking_core::Reason;
use tracking_core::order::{ErrorCode, OrderError, OrderErrors};
use tracking_programs::tokens::Scope;
use warp::http::StatusCode;
use warp::http::header::{
    ACCEPT_ENCODING, ALLOW, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use warp::reply::Response;

pub(crate) use self::kind::Kind;
use crate::api::answer;
use crate::call::rate;
use crate::call::tokens::Unauthorized;
use crate::serve::limits::{BODY_LENGTH_MAX, HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ParameterError {
    pub(crate) parameter: String,
    /// For programs to act on; it never changes.
    pub(crate) code: &'static str,
    /// A sentence.
    pub(crate) message: String,
}

/// The most unknown names that are listed.
pub(crate) const UNKNOWN_MAX: usize = 24;

impl ParameterError {
    /// A name that nobody knows, which is shown cut and escaped; `why` goes on from there.
    pub(crate) fn unknown(name: &str, why: &str) -> Self {
        let shown: String = name.chars().take(40).collect();
        let shown = shown.escape_debug().to_string();
        Self {
            message: format!("\"{shown}\" {why}"),
            code: ErrorCode::UnknownParameter.as_str(),
            parameter: shown,
        }
    }
}

impl From<&OrderError> for ParameterError {
    fn from(error: &OrderError) -> Self {
        Self {
            parameter: error.parameter().to_owned(),
            code: error.code().as_str(),
            message: error.message().to_owned(),
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
    #[serde(flatten)]
    more: More<'a>,
}

/// What only some problems have.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum More<'a> {
    Errors(&'a [ParameterError]),
    Code(&'static str),
    #[serde(untagged)]
    Nothing {},
}

fn as_number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

/// Every wrong parameter at once.
pub(crate) fn wrong_parameters(errors: &[ParameterError]) -> Response {
    let detail = match errors {
        [one] if one.parameter.is_empty() => {
            "A parameter without a name is wrong. Nothing was issued.".to_owned()
        }
        [one] => format!("{} is wrong. Nothing was issued.", one.parameter),
        many => format!("{} parameters are wrong. Nothing was issued.", many.len()),
    };
    write(Kind::WrongParameters, &detail, More::Errors(errors))
}

/// [`wrong_parameters`] of an order.
pub(crate) fn wrong_order(errors: &OrderErrors) -> Response {
    let errors: Vec<_> = errors.iter().map(ParameterError::from).collect();
    wrong_parameters(&errors)
}

/// A body where none is read.
pub(crate) fn unexpected_body() -> Response {
    let detail = "No body is read here: expected what it says in the path and the query. Nothing was issued.";
    write(Kind::UnexpectedBody, detail, More::Nothing {})
}

/// `reason` is a clause, and shows nothing of the body.
pub(crate) fn malformed_body(reason: &str) -> Response {
    let detail = format!("The body is not a JSON object: {reason}. Nothing was issued.");
    write(Kind::MalformedBody, &detail, More::Nothing {})
}

pub(crate) fn unsupported_media_type() -> Response {
    let detail = "Expected the header `Content-Type: application/json`, once, and no charset but utf-8. Nothing \
                  was issued.";
    write(Kind::UnsupportedMediaType, detail, More::Nothing {})
}

/// RFC 9110, 15.5.16.
pub(crate) fn unsupported_content_coding() -> Response {
    let detail =
        "A body is read as it is: expected no header `Content-Encoding`. Nothing was issued.";
    let answer = write(Kind::UnsupportedContentCoding, detail, More::Nothing {});
    with(
        answer,
        ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    )
}

const TRANSFER_CODING: &str = "Expected no `Transfer-Encoding` but `chunked`. Nothing was issued.";

/// RFC 9112, 6.1. Where such a body ends is not known, so the connection does.
pub(crate) fn unsupported_transfer_coding() -> Response {
    let answer = write(
        Kind::UnsupportedTransferCoding,
        TRANSFER_CODING,
        More::Nothing {},
    );
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

/// RFC 9112, 3.2. The connection ends, since the next request on it may be of the same target.
pub(crate) fn fragment_in_target() -> Response {
    let detail = "The target of the request has a `#`, behind which nothing is read: write %23 where it belongs to \
                  a value. Nothing was issued.";
    let answer = write(Kind::FragmentInTarget, detail, More::Nothing {});
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

/// A page of another site would take a number without anybody asking for one.
pub(crate) fn cross_site() -> Response {
    let detail = "A browser says that a page of another site asks (Sec-Fetch-Site: cross-site). Nothing was issued. \
                  The operator of this server may allow the page's origin with --cors-origin.";
    write(Kind::CrossSite, detail, More::Nothing {})
}

pub(crate) fn not_acceptable() -> Response {
    let detail = "The header `Accept` allows none of application/json, application/x-ndjson and text/plain. \
                  Nothing was issued.";
    write(Kind::NotAcceptable, detail, More::Nothing {})
}

/// The series never issued it, or it is nobody's number at all.
pub(crate) fn refused_number(reason: Reason) -> Response {
    let detail = format!("The series did not issue this number: {reason}.");
    write(of_reason(reason), &detail, More::Code(reason.code()))
}

/// Whether the series issued it is known to its store alone, which cannot be asked.
pub(crate) fn undecided() -> Response {
    let detail = "Whether the series issued this number only its store can tell, which cannot be asked now. \
                  Ask again later.";
    let answer = write(Kind::Undecided, detail, More::Nothing {});
    with(answer, RETRY_AFTER, HeaderValue::from(2))
}

pub(crate) fn of_reason(reason: Reason) -> Kind {
    match reason {
        Reason::Malformed => Kind::MalformedNumber,
        _ => Kind::NotOfThisSeries,
    }
}

pub(crate) fn not_found() -> Response {
    let detail = "This server answers GET /next-tracking-number, GET /api/next-tracking-number/, \
                  POST /tracking-numbers and GET /tracking-numbers/{number}.";
    write(Kind::NotFound, detail, More::Nothing {})
}

/// `allowed` is a list of methods, as the header `Allow` has it.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let detail = format!("Only {allowed} is answered here. Nothing was issued.");
    let answer = write(Kind::MethodNotAllowed, &detail, More::Nothing {});
    with(answer, ALLOW, HeaderValue::from_static(allowed))
}

pub(crate) fn no_number(retry_after: Duration) -> Response {
    let detail = "The store of the series cannot be used now, and no reserved numbers are left. \
                  Nothing was issued; ask again later.";
    let answer = write(Kind::NoNumber, detail, More::Nothing {});
    let seconds = retry_after.as_secs().max(1);
    with(answer, RETRY_AFTER, HeaderValue::from(seconds))
}

pub(crate) fn target_too_long() -> Response {
    let detail = format!(
        "A path and query of at most {TARGET_LENGTH_MAX} bytes is read. Nothing was issued."
    );
    write(Kind::TargetTooLong, &detail, More::Nothing {})
}

pub(crate) fn headers_too_large() -> Response {
    let detail = format!(
        "At most {HEADERS_MAX} headers of {HEADERS_LENGTH_MAX} bytes together are read. Nothing was issued."
    );
    write(Kind::HeadersTooLarge, &detail, More::Nothing {})
}

/// What is left of the body is not read, so the connection ends.
pub(crate) fn body_too_large() -> Response {
    let detail = format!("A body of at most {BODY_LENGTH_MAX} bytes is read. Nothing was issued.");
    let answer = write(Kind::BodyTooLarge, &detail, More::Nothing {});
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

pub(crate) fn broken_body() -> Response {
    let detail = "The body does not end as its headers say. Nothing was issued.";
    let answer = write(Kind::BrokenBody, detail, More::Nothing {});
    with(answer, CONNECTION, HeaderValue::from_static("close"))
}

pub(crate) fn too_many_in_flight() -> Response {
    let detail = "As many requests wait here as may. Nothing was issued; ask again later.";
    let answer = write(Kind::TooManyInFlight, detail, More::Nothing {});
    with(answer, RETRY_AFTER, HeaderValue::from(1))
}

pub(crate) fn too_many_batches() -> Response {
    let detail = "As many large batches are on their way as may be. Nothing was issued; ask again later, or \
                  for fewer numbers.";
    let answer = write(Kind::TooManyBatches, detail, More::Nothing {});
    with(answer, RETRY_AFTER, HeaderValue::from(1))
}

/// RFC 6750, 3.
pub(crate) fn unauthorized(why: Unauthorized) -> Response {
    let (detail, challenge) = match why {
        Unauthorized::Missing => (
            "Expected the header `Authorization: Bearer TOKEN`. Nothing was issued.",
            "Bearer realm=\"tracking\"",
        ),
        Unauthorized::Unknown => (
            "The token is none of this server's. Nothing was issued.",
            "Bearer realm=\"tracking\", error=\"invalid_token\"",
        ),
        Unauthorized::Expired => (
            "The token has expired. Nothing was issued.",
            "Bearer realm=\"tracking\", error=\"invalid_token\"",
        ),
    };
    let answer = write(Kind::Unauthorized, detail, More::Nothing {});
    with(
        answer,
        WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

pub(crate) fn forbidden(needed: Scope) -> Response {
    let challenge = match needed {
        Scope::Read => "Bearer realm=\"tracking\", error=\"insufficient_scope\", scope=\"read\"",
        Scope::Metrics => {
            "Bearer realm=\"tracking\", error=\"insufficient_scope\", scope=\"metrics\""
        }
        _ => "Bearer realm=\"tracking\", error=\"insufficient_scope\", scope=\"issue\"",
    };
    let detail = format!("The token is not of the scope `{needed}`. Nothing was issued.");
    let answer = write(Kind::Forbidden, &detail, More::Nothing {});
    with(
        answer,
        WWW_AUTHENTICATE,
        HeaderValue::from_static(challenge),
    )
}

/// `after` is when asking again may help.
pub(crate) fn too_many_requests(after: Duration) -> Response {
    let seconds = rate::seconds(after).max(1);
    let detail = format!(
        "More numbers are asked for than the rate allows now. Nothing was issued; ask again after {seconds} s."
    );
    let answer = write(Kind::TooManyRequests, &detail, More::Nothing {});
    with(answer, RETRY_AFTER, HeaderValue::from(seconds))
}

/// `burst` is how many numbers can be taken at once.
pub(crate) fn batch_beyond_burst(burst: u32) -> Response {
    let detail = format!(
        "At most {burst} numbers can be taken at once here, at any time. Nothing was issued; ask for fewer."
    );
    write(Kind::BatchBeyondBurst, &detail, More::Nothing {})
}

pub(crate) fn wrong_host() -> Response {
    let detail =
        "Expected exactly one header `Host`, with a host and perhaps a port. Nothing was issued.";
    write(Kind::WrongHost, detail, More::Nothing {})
}

pub(crate) fn ending() -> Response {
    let detail = "It answers what is still sent to it, and takes no new connections soon.";
    write(Kind::Ending, detail, More::Nothing {})
}

fn with(mut answer: Response, name: HeaderName, value: HeaderValue) -> Response {
    answer.headers_mut().insert(name, value);
    answer
}

const CONTENT_TYPE: &str = "application/problem+json";

fn write(kind: Kind, detail: &str, more: More<'_>) -> Response {
    let body = body(kind, detail, more);
    let mut answer = answer::headed(Response::new(body.into()), kind.status(), CONTENT_TYPE);
    answer.extensions_mut().insert(kind);
    answer
}

#[expect(
    clippy::expect_used,
    reason = "a problem is strings and numbers, and a Vec takes every write"
)]
fn body(kind: Kind, detail: &str, more: More<'_>) -> Vec<u8> {
    let problem = Problem {
        r#type: kind.uri(),
        title: kind.title(),
        status: kind.status(),
        detail,
        more,
    };
    serde_json::to_vec(&problem).expect("a problem is written to a Vec")
}

/// The same as it goes over a connection whose next request HTTP's parser has given up, and which ends with it.
pub(crate) fn unsupported_transfer_coding_bytes() -> Vec<u8> {
    let kind = Kind::UnsupportedTransferCoding;
    let body = body(kind, TRANSFER_CODING, More::Nothing {});
    let mut bytes = format!(
        "HTTP/1.1 {}\r\ncontent-type: {CONTENT_TYPE}\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        kind.status(),
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(&body);
    bytes
}

/// The kind of problem that an answer is, if it is one.
pub(crate) fn kind_of(answer: &Response) -> Option<Kind> {
    answer.extensions().get().copied()
}
