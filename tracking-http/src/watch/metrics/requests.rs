//! Requests and numbers: what is counted for each of them, at next to no cost.
//!
//! Each thread counts in a shard of its own, and a page adds the shards up. Counters that all threads
//! share move from core to core with each request: with those of the crate, and no look-up, two threads
//! in a tight loop took ten times as long as one.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use prometheus::proto::MetricFamily;
use warp::http::StatusCode;

use super::make::{BOUNDS_NS, Counts, Maker, histograms};
use crate::watch::shards::Shards;

/// So many endpoints can be counted.
pub(crate) const ENDPOINTS_MAX: usize = 32;

/// The statuses that are answered, the most frequent first.
const STATUSES: [StatusCode; 17] = [
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
    StatusCode::SEE_OTHER,
];

/// What stands for any other one.
const OTHER_STATUS: &str = "other";

/// What stands for none: the connection ended before there was an answer.
const UNANSWERED: &str = "unanswered";

#[derive(Default)]
pub(crate) struct Requests {
    shards: Shards<Shard>,
}

#[derive(Default)]
struct Shard {
    /// Negative where a request began on another thread.
    in_flight: AtomicI64,
    issued: AtomicU64,
    by_route: [OfRoute; ENDPOINTS_MAX],
}

#[derive(Default)]
struct OfRoute {
    by_status: [AtomicU64; STATUSES.len() + 2],
    /// By the first bound that is not exceeded, and a last one for what exceeds all.
    by_time: [AtomicU64; BOUNDS_NS.len() + 1],
    ns: AtomicU64,
}

impl Requests {
    #[inline]
    fn mine(&self) -> &Shard {
        self.shards.mine()
    }

    /// A request's answer is ready, so long after its head was read.
    #[inline]
    pub(crate) fn answered(&self, route: usize, status: StatusCode, elapsed: Duration) {
        let of_route = &self.mine().by_route[route];
        let ns = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
        let status = STATUSES.iter().position(|known| *known == status);
        let time = BOUNDS_NS.iter().position(|bound| ns <= *bound);
        of_route.by_status[status.unwrap_or(STATUSES.len())].fetch_add(1, Ordering::Relaxed);
        of_route.by_time[time.unwrap_or(BOUNDS_NS.len())].fetch_add(1, Ordering::Relaxed);
        of_route.ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// A request's connection ended before there was an answer.
    pub(crate) fn unanswered(&self, route: usize) {
        let of_route = &self.mine().by_route[route];
        of_route.by_status[STATUSES.len() + 1].fetch_add(1, Ordering::Relaxed);
    }

    /// So many numbers were taken.
    #[inline]
    pub(crate) fn issued(&self, numbers: u64) {
        self.mine().issued.fetch_add(numbers, Ordering::Relaxed);
    }

    /// A request's answer is waited for, until the guard is dropped.
    #[inline]
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        self.mine().in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    fn sum(&self, cell: impl Fn(&Shard) -> &AtomicU64) -> u64 {
        let cells = self.shards.iter().map(cell);
        cells.map(|cell| cell.load(Ordering::Relaxed)).sum()
    }

    /// The numbers taken so far.
    #[cfg(feature = "console")]
    pub(crate) fn numbers_issued(&self) -> u64 {
        self.sum(|shard| &shard.issued)
    }

    /// `labels` are those of the endpoints, by their index; one without is not there.
    pub(super) fn show(&self, made: &Maker, labels: &[&str]) -> MetricFamily {
        let in_flight = self.shards.iter().map(|shard| &shard.in_flight);
        made.set(
            "tracking_http_requests_in_flight",
            "Requests whose answer is waited for.",
            in_flight
                .map(|cell| cell.load(Ordering::Relaxed))
                .sum::<i64>() as f64,
        );
        made.counter(
            "tracking_numbers_issued_total",
            "Tracking numbers taken for answers.",
        )
        .inc_by(self.sum(|shard| &shard.issued));
        self.show_statuses(made, labels);
        let durations: Vec<_> = labels
            .iter()
            .enumerate()
            .filter(|(_, label)| !label.is_empty())
            .map(|(route_index, label)| {
                let counts = Counts {
                    by_time: std::array::from_fn(|index| {
                        self.sum(|shard| &shard.by_route[route_index].by_time[index])
                    }),
                    seconds: self.sum(|shard| &shard.by_route[route_index].ns) as f64 / 1e9,
                };
                (*label, counts)
            })
            .collect();
        histograms(
            "tracking_http_request_duration_seconds",
            "Time from a request's head to its answer's head, by route.",
            "route",
            &durations,
        )
    }

    /// Only those that happened: most routes never answer most of them.
    fn show_statuses(&self, made: &Maker, labels: &[&str]) {
        let all = made.counters_by(
            "tracking_http_requests_total",
            "Requests answered, by route and status.",
            &["route", "status"],
        );
        let statuses = STATUSES.iter().map(StatusCode::as_str);
        for (index, status) in statuses.chain([OTHER_STATUS, UNANSWERED]).enumerate() {
            for (route, label) in labels.iter().enumerate() {
                let count = self.sum(|shard| &shard.by_route[route].by_status[index]);
                if count > 0 {
                    all.with_label_values(&[*label, status]).inc_by(count);
                }
            }
        }
    }
}

/// A request in flight. One that is given up, since its client has gone, is dropped as well.
pub(crate) struct InFlight<'a>(&'a Requests);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.mine().in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for InFlight<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InFlight")
    }
}
