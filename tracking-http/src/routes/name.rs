//! The names of routes, for metrics and logs.

/// A route without what callers put into it: there are so many and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteName {
    NextTrackingNumber,
    ApiNextTrackingNumber,
    TrackingNumbers,
    TrackingNumber,
    Problem,
    Live,
    Ready,
    Metrics,
    OpenApi,
    Docs,
    /// Every path that has no route.
    Other,
}

impl RouteName {
    /// In the order of the variants, so that a name is an index of it.
    pub(crate) const ALL: [Self; 11] = [
        Self::NextTrackingNumber,
        Self::ApiNextTrackingNumber,
        Self::TrackingNumbers,
        Self::TrackingNumber,
        Self::Problem,
        Self::Live,
        Self::Ready,
        Self::Metrics,
        Self::OpenApi,
        Self::Docs,
        Self::Other,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NextTrackingNumber => "/next-tracking-number",
            Self::ApiNextTrackingNumber => "/api/next-tracking-number/",
            Self::TrackingNumbers => "/tracking-numbers",
            Self::TrackingNumber => "/tracking-numbers/{number}",
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
