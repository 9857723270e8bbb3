//! The routes by name, as logs and metrics call them.

use tracking_programs::tokens::Scope;

use super::{Endpoint, Route};

/// A route, whatever stands in the places of its path that vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteName {
    Root,
    NextTrackingNumber,
    ApiNextTrackingNumber,
    TrackingNumbers,
    Verdict,
    Problem,
    Live,
    Ready,
    Metrics,
    OpenApi,
    Docs,
    /// No route has the path.
    Other,
}

/// What a route needs of who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    /// Nothing but an address that has not asked for too much.
    Address,
    /// A token of this scope where there are tokens, else as `Address`.
    Scope(Scope),
}

impl RouteName {
    /// In the order of the variants, so that a name is an index of it.
    pub(crate) const ALL: [Self; 12] = [
        Self::Root,
        Self::NextTrackingNumber,
        Self::ApiNextTrackingNumber,
        Self::TrackingNumbers,
        Self::Verdict,
        Self::Problem,
        Self::Live,
        Self::Ready,
        Self::Metrics,
        Self::OpenApi,
        Self::Docs,
        Self::Other,
    ];

    /// The route that answers a path.
    pub(crate) fn of(path: &str) -> Self {
        Route::of(path).map_or(Self::Other, Self::of_route)
    }

    pub(crate) fn of_route(route: Route<'_>) -> Self {
        match route {
            Route::Root => Self::Root,
            Route::NextNumber(Endpoint::NextTrackingNumber) => Self::NextTrackingNumber,
            Route::NextNumber(Endpoint::ApiNextTrackingNumber) => Self::ApiNextTrackingNumber,
            Route::TrackingNumbers => Self::TrackingNumbers,
            Route::Verdict(_) => Self::Verdict,
            Route::Problem(_) => Self::Problem,
            Route::Live => Self::Live,
            Route::Ready => Self::Ready,
            Route::Metrics => Self::Metrics,
            Route::OpenApi => Self::OpenApi,
            Route::Docs(_) => Self::Docs,
        }
    }

    /// What a caller must be allowed to do, to be answered.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self {
            Self::NextTrackingNumber | Self::ApiNextTrackingNumber | Self::TrackingNumbers => {
                Some(Scope::Issue)
            }
            Self::Verdict => Some(Scope::Read),
            Self::Metrics => Some(Scope::Metrics),
            Self::Root
            | Self::Problem
            | Self::Live
            | Self::Ready
            | Self::OpenApi
            | Self::Docs
            | Self::Other => None,
        }
    }

    /// Whether it hands out numbers, so that an answer may have to wait for some.
    pub(crate) fn issues(self) -> bool {
        self.scope() == Some(Scope::Issue)
    }

    /// What it needs of who asks.
    pub(crate) fn need(self) -> Need {
        match (self.scope(), self) {
            (Some(scope), _) => Need::Scope(scope),
            // Whoever watches over the server asks from one address, and often.
            (None, Self::Root | Self::Live | Self::Ready) => Need::Nothing,
            (None, _) => Need::Address,
        }
    }

    /// Its path, with braces where it varies.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Root => "/",
            Self::NextTrackingNumber => "/next-tracking-number",
            Self::ApiNextTrackingNumber => "/api/next-tracking-number/",
            Self::TrackingNumbers => "/tracking-numbers",
            Self::Verdict => "/tracking-numbers/{number}",
            Self::Problem => "/problems/{name}",
            Self::Live => "/livez",
            Self::Ready => "/readyz",
            Self::Metrics => "/metrics",
            Self::OpenApi => "/openapi.json",
            Self::Docs => "/docs",
            Self::Other => "other",
        }
    }
}

const _: () = assert!(RouteName::Other as usize + 1 == RouteName::ALL.len());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_index() {
        for (index, name) in RouteName::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, index);
        }
    }
}
