//! Problem details for HTTP APIs, RFC 9457.

mod parameter;
mod table;

use std::time::Duration;

use serde::{Serialize, Serializer};
use tracking_core::Reason;
use tracking_core::order::OrderErrors;
use tracking_programs::tokens::Scope;
use warp::http::StatusCode;
use warp::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use warp::reply::Response;

pub(crate) use self::parameter::{ParameterError, UNKNOWN_MAX};
pub(crate) use self::table::{Kind, Met, NAMES};
use self::table::{Row, TABLE};
use crate::api::answer;

impl Kind {
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    pub(crate) fn uri(self) -> &'static str {
        self.row().uri
    }

    /// The last part of its `type`.
    pub(crate) fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The kind of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn title(self) -> &'static str {
        self.row().title
    }

    pub(crate) fn status(self) -> StatusCode {
        self.row().status
    }

    /// Its status where no numbers are asked for. There the server lacks what is asked for, and the request says
    /// nothing wrong.
    pub(crate) fn status_of_reading(self) -> StatusCode {
        match self {
            Self::NoLedger => StatusCode::NOT_IMPLEMENTED,
            other => other.status(),
        }
    }

    pub(crate) fn met(self) -> Met {
        self.row().met
    }

    pub(crate) fn explanation(self) -> &'static str {
        self.row().explanation
    }

    /// What its page says.
    pub(crate) fn page(self) -> String {
        let (title, status) = (self.title(), self.status());
        format!("{title}\nStatus {status}\n\n{}\n", self.explanation())
    }

    /// The kind of problem that an answer is, if it is one.
    pub(crate) fn of_answer(answer: &Response) -> Option<Self> {
        answer.extensions().get().copied()
    }

    /// The answer, with the row's own detail.
    pub(crate) fn answer(self) -> Response {
        self.saying(self.row().detail)
    }

    /// The answer, with the detail of this time.
    pub(crate) fn saying(self, detail: &str) -> Response {
        self.write(self.status(), detail, More::Nothing {})
    }

    fn write(self, status: StatusCode, detail: &str, more: More<'_>) -> Response {
        let body = self.body(status, detail, more);
        let mut answer = answer::headed(Response::new(body.into()), status, CONTENT_TYPE);
        answer.extensions_mut().insert(self);
        for (name, value) in self.row().headers {
            let value = HeaderValue::from_static(value);
            answer.headers_mut().insert(name, value);
        }
        answer
    }

    #[expect(
        clippy::expect_used,
        reason = "a problem is strings and numbers, and a Vec takes every write"
    )]
    fn body(self, status: StatusCode, detail: &str, more: More<'_>) -> Vec<u8> {
        let problem = Problem {
            r#type: self.uri(),
            title: self.title(),
            status,
            detail,
            more,
        };
        serde_json::to_vec(&problem).expect("a problem is written to a Vec")
    }
}

const CONTENT_TYPE: &str = "application/problem+json";

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

fn with(mut answer: Response, name: HeaderName, value: impl Into<HeaderValue>) -> Response {
    answer.headers_mut().insert(name, value.into());
    answer
}

/// Who asks for the ledger, of a server that has none.
pub(crate) fn nothing_recorded() -> Response {
    let kind = Kind::NoLedger;
    kind.write(
        kind.status_of_reading(),
        "This server records nothing, so there is nothing to list. Its operator may give it a ledger with --ledger.",
        More::Nothing {},
    )
}

/// A page of another site that asks for the ledger, of a server without tokens.
pub(crate) fn foreign_reader() -> Response {
    Kind::CrossSite.saying(
        "A page of another site asks for what was recorded, which takes a token of the scope `ledger`: this server has none. Nothing was issued.",
    )
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
    let kind = Kind::WrongParameters;
    kind.write(kind.status(), &detail, More::Errors(errors))
}

/// [`wrong_parameters`] of an order.
pub(crate) fn wrong_order(errors: &OrderErrors) -> Response {
    let errors: Vec<_> = errors.iter().map(ParameterError::from).collect();
    wrong_parameters(&errors)
}

/// `reason` is a clause, and shows nothing of the body.
pub(crate) fn malformed_body(reason: &str) -> Response {
    let detail = format!("The body is not a JSON object: {reason}. Nothing was issued.");
    Kind::MalformedBody.saying(&detail)
}

/// The series never issued it, or it is nobody's number at all.
pub(crate) fn refused_number(reason: Reason) -> Response {
    let detail = format!("The series did not issue this number: {reason}.");
    let kind = of_reason(reason);
    kind.write(kind.status(), &detail, More::Code(reason.code()))
}

pub(crate) fn of_reason(reason: Reason) -> Kind {
    match reason {
        Reason::Malformed => Kind::MalformedNumber,
        _ => Kind::NotOfThisSeries,
    }
}

/// `allowed` is a list of methods, as the header `Allow` has it.
pub(crate) fn method_not_allowed(allowed: &'static str) -> Response {
    let detail = format!("Only {allowed} is answered here. Nothing was issued.");
    let answer = Kind::MethodNotAllowed.saying(&detail);
    with(answer, ALLOW, HeaderValue::from_static(allowed))
}

pub(crate) fn no_number(retry_after: Duration) -> Response {
    let seconds = retry_after.as_secs().max(1);
    with(Kind::NoNumber.answer(), RETRY_AFTER, seconds)
}

/// Why a token lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unauthorized {
    /// There is none.
    Missing,
    /// What stands where a token belongs is none of the file's.
    Unknown,
    Expired,
}

/// RFC 6750, 3.
pub(crate) fn unauthorized(why: Unauthorized) -> Response {
    let kind = Kind::Unauthorized;
    match why {
        Unauthorized::Missing => with(
            kind.saying("Expected the header `Authorization: Bearer TOKEN`. Nothing was issued."),
            WWW_AUTHENTICATE,
            HeaderValue::from_static(r#"Bearer realm="tracking""#),
        ),
        Unauthorized::Unknown => kind.answer(),
        Unauthorized::Expired => kind.saying("The token has expired. Nothing was issued."),
    }
}

#[expect(clippy::expect_used, reason = "a scope is a word of lower case")]
pub(crate) fn forbidden(needed: Scope) -> Response {
    let detail = format!("The token is not of the scope `{needed}`. Nothing was issued.");
    let challenge =
        format!(r#"Bearer realm="tracking", error="insufficient_scope", scope="{needed}""#);
    let challenge = HeaderValue::try_from(challenge).expect("visible ASCII");
    with(Kind::Forbidden.saying(&detail), WWW_AUTHENTICATE, challenge)
}

/// `seconds` is after how many asking again may help.
pub(crate) fn too_many_requests(seconds: u64) -> Response {
    let detail = format!(
        "More numbers are asked for than the rate allows now. Nothing was issued; ask again after {seconds} s."
    );
    with(Kind::TooManyRequests.saying(&detail), RETRY_AFTER, seconds)
}

/// `burst` is how many numbers can be taken at once.
pub(crate) fn batch_beyond_burst(burst: u32) -> Response {
    let detail = format!(
        "At most {burst} numbers can be taken at once here, at any time. Nothing was issued; ask for fewer."
    );
    Kind::BatchBeyondBurst.saying(&detail)
}

/// [`Kind::UnsupportedTransferCoding`] as it goes over a connection whose next request HTTP's parser has given up,
/// and which ends with it.
pub(crate) fn unsupported_transfer_coding_bytes() -> Vec<u8> {
    let kind = Kind::UnsupportedTransferCoding;
    let body = kind.body(kind.status(), kind.row().detail, More::Nothing {});
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::sizes::{BODY_LENGTH_MAX, HEADERS_LENGTH_MAX, HEADERS_MAX, TARGET_LENGTH_MAX};

    #[test]
    fn a_kind_is_an_index_and_has_a_name_and_a_page_of_its_own() {
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, index);
            assert_eq!(format!("/problems/{}", kind.name()), kind.uri());
            assert_eq!(Kind::of(kind.name()), Some(kind));
            assert!(kind.page().contains(kind.status().as_str()));
        }
        for name in ["", "nothing", "livez"] {
            assert_eq!(Kind::of(name), None);
        }
    }

    /// The table's texts are constants, as are the limits that they name.
    #[test]
    fn the_limits_that_are_told_are_those_that_hold() {
        for (kind, limits) in [
            (Kind::BodyTooLarge, &[BODY_LENGTH_MAX][..]),
            (Kind::TargetTooLong, &[TARGET_LENGTH_MAX]),
            (Kind::HeadersTooLarge, &[HEADERS_MAX, HEADERS_LENGTH_MAX]),
        ] {
            let explained = kind.explanation().replace(',', "");
            for limit in limits {
                let limit = format!(" {limit} ");
                assert!(kind.row().detail.contains(&limit), "{kind:?}");
                let limit = limit.trim();
                assert!(explained.contains(limit), "{kind:?}: {limit}");
            }
        }
    }
}
