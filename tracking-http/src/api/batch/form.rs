//! The form of the answer, by the header `Accept`.

use warp::http::HeaderMap;

use crate::api::media::Accepted;

/// The forms that the numbers are answered in, the one that we prefer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One object, with a list of the numbers.
    Json,
    /// An object a line, as `/next-tracking-number` answers.
    Ndjson,
    /// A number a line.
    Text,
}

impl Form {
    const ALL: [Self; 3] = [Self::Json, Self::Ndjson, Self::Text];

    /// What a client accepts most, or `None` if it accepts nothing that we have.
    pub(super) fn accepted(headers: &HeaderMap) -> Option<Self> {
        Accepted::by(headers).best(&Self::ALL.map(|form| (form, form.essence())))
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Text => "text/plain; charset=utf-8",
        }
    }

    fn essence(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            other => other.content_type(),
        }
    }
}
