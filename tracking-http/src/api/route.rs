//! Which path is which route, and what a route is for: a table, which answers nothing itself.

mod docs;
mod name;

use warp::http::Method;

#[cfg(test)]
pub(crate) use self::docs::DOCS_FILES;
pub(crate) use self::docs::content_type_of_docs;
pub(crate) use self::name::{Need, RouteName};
use crate::api::problem::Kind;

/// What is asked for, by the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Root,
    NextNumber(Endpoint),
    TrackingNumbers,
    /// With the text that stands for the number.
    Verdict(&'a str),
    Problem(Kind),
    Live,
    Ready,
    Metrics,
    OpenApi,
    /// With the name of a file of the page, empty for the page itself.
    Docs(&'a str),
}

impl<'a> Route<'a> {
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        Some(match path {
            "/" => Self::Root,
            "/next-tracking-number" | "/next-tracking-number/" => {
                Self::NextNumber(Endpoint::NextTrackingNumber)
            }
            "/api/next-tracking-number" | "/api/next-tracking-number/" => {
                Self::NextNumber(Endpoint::ApiNextTrackingNumber)
            }
            "/livez" => Self::Live,
            "/readyz" => Self::Ready,
            "/metrics" => Self::Metrics,
            "/openapi.json" => Self::OpenApi,
            "/tracking-numbers" | "/tracking-numbers/" => Self::TrackingNumbers,
            _ => match path.strip_prefix("/tracking-numbers/") {
                Some(number) => Self::verdict(number)?,
                None => match path.strip_prefix("/docs") {
                    Some(file) => Self::Docs(docs::file(file)?),
                    None => Self::Problem(Kind::of_page(path)?),
                },
            },
        })
    }

    fn verdict(number: &'a str) -> Option<Self> {
        let number = number.strip_suffix('/').unwrap_or(number);
        let is_one_segment = !number.is_empty() && !number.contains('/');
        is_one_segment.then_some(Self::Verdict(number))
    }

    /// The methods that are answered, as the header `Allow` lists them.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            // Not HEAD: it would burn a number.
            Self::NextNumber(_) => "GET",
            Self::TrackingNumbers => "POST",
            Self::Root => "GET, HEAD, OPTIONS",
            Self::Live
            | Self::Ready
            | Self::Metrics
            | Self::Verdict(_)
            | Self::Problem(_)
            | Self::OpenApi
            | Self::Docs(_) => "GET, HEAD",
        }
    }

    /// Whether all that a request says here counts, for it issues or judges: then what nobody reads is refused.
    /// Whoever watches over the server may send what they like.
    pub(crate) fn reads_all(self) -> bool {
        matches!(
            self,
            Self::NextNumber(_) | Self::TrackingNumbers | Self::Verdict(_)
        )
    }

    pub(crate) fn allows(self, method: &Method) -> bool {
        self.allowed()
            .split(", ")
            .any(|allowed| allowed == method.as_str())
    }
}

/// The two endpoints, which differ in what they require and in what they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/next-tracking-number`: every parameter is optional, and the order is answered with the number.
    NextTrackingNumber,
    /// `/api/next-tracking-number/`: all parameters are required, and the number and its time are answered.
    ApiNextTrackingNumber,
}
