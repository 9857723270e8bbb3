//! Requests, by route and status.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge};
use warp::http::StatusCode;

use super::make::Maker;
use crate::routes::RouteName;

/// The statuses that have a handle for each route, the most frequent first. Any other one is looked up.
const STATUSES: [StatusCode; 16] = [
    StatusCode::OK,
    StatusCode::BAD_REQUEST,
    StatusCode::UNAUTHORIZED,
    StatusCode::FORBIDDEN,
    StatusCode::NOT_FOUND,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::NO_CONTENT,
    StatusCode::METHOD_NOT_ALLOWED,
    StatusCode::NOT_ACCEPTABLE,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::URI_TOO_LONG,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::NOT_MODIFIED,
];

pub(super) struct Requests {
    all: IntCounterVec,
    by_route: [OfRoute; RouteName::ALL.len()],
    in_flight: IntGauge,
}

struct OfRoute {
    /// Made at the first use, so that only what happens is shown.
    by_status: [OnceLock<IntCounter>; STATUSES.len()],
    durations: Histogram,
}

impl Requests {
    pub(super) fn new(made: &Maker) -> Self {
        let durations = made.durations(
            "tracking_http_request_duration_seconds",
            "Time from a request's head to its answer's head, by route.",
            &["route"],
        );
        Self {
            all: made.counters_by(
                "tracking_http_requests_total",
                "Requests answered, by route and status.",
                &["route", "status"],
            ),
            by_route: RouteName::ALL.map(|route| OfRoute {
                by_status: Default::default(),
                durations: durations.with_label_values(&[route.label()]),
            }),
            in_flight: made.whole_gauge(
                "tracking_http_requests_in_flight",
                "Requests that have begun and have no answer yet.",
            ),
        }
    }

    #[inline]
    pub(super) fn answered(&self, route: RouteName, status: StatusCode, elapsed: Duration) {
        let of_route = &self.by_route[route as usize];
        match STATUSES.iter().position(|known| *known == status) {
            Some(index) => of_route.by_status[index]
                .get_or_init(|| self.counter(route, status))
                .inc(),
            None => self.counter(route, status).inc(),
        }
        of_route.durations.observe(elapsed.as_secs_f64());
    }

    #[cold]
    fn counter(&self, route: RouteName, status: StatusCode) -> IntCounter {
        self.all
            .with_label_values(&[route.label(), status.as_str()])
    }

    pub(super) fn in_flight(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }
}

/// A request in flight. One that is given up, since its client has gone, is dropped as well.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a IntGauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
