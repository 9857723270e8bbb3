use std::time::Duration;

use tracking_core::store::Snapshot;
use tracking_core::store::timeline::{History, LANE_COUNT, Timeline};
use tracking_core::{Generator, MemoryAllocator, Serial};
use warp::http::StatusCode;

use super::*;

const ENDPOINTS: [&str; 3] = ["/", "/livez", "other"];
const PROBLEMS: [&str; 2] = ["not-found", "forbidden"];

/// What a page says of one sample.
fn value(page: &str, sample: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(sample))?;
    line.strip_prefix(' ')?.parse().ok()
}

fn page(metrics: &Metrics, store: Option<Option<Seen<'_>>>) -> String {
    let generator = Generator::new(MemoryAllocator::new());
    metrics.page(&Now {
        endpoints: &ENDPOINTS,
        problems: &PROBLEMS,
        series: generator.series(),
        status: generator.status(),
        store,
        tokens_in_force: None,
        ledger: None,
    })
}

fn look(history: &str, store_ms: i64, clock_ahead_ms: i64) -> Seen<'static> {
    let history = History::new(history).unwrap();
    let timeline = Timeline::from_parts(history, 3, 7, [0; LANE_COUNT]).unwrap();
    Seen {
        snapshot: Box::leak(Box::new(Snapshot::new(Some(timeline), store_ms))),
        clock_ahead_ms,
    }
}

#[test]
fn the_counts_of_all_threads_add_up() {
    const EACH: u64 = 10_000;
    let metrics = Metrics::new();
    let ours = metrics.requests.in_flight();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let _in_flight = metrics.requests.in_flight();
                    metrics.requests.issued(3);
                    metrics
                        .requests
                        .answered(1, StatusCode::OK, Duration::from_micros(60));
                }
            });
        }
    });
    let text = page(&metrics, None);
    let all = (8 * EACH) as f64;
    for (sample, expected) in [
        ("tracking_numbers_issued_total", 3.0 * all),
        (
            r#"tracking_http_requests_total{route="/livez",status="200"}"#,
            all,
        ),
        (
            r#"tracking_http_request_duration_seconds_count{route="/livez"}"#,
            all,
        ),
        (
            r#"tracking_http_request_duration_seconds_bucket{route="/livez",le="0.00005"}"#,
            0.0,
        ),
        (
            r#"tracking_http_request_duration_seconds_bucket{route="/livez",le="0.0001"}"#,
            all,
        ),
        (
            r#"tracking_http_request_duration_seconds_bucket{route="/livez",le="+Inf"}"#,
            all,
        ),
        (
            r#"tracking_http_request_duration_seconds_count{route="other"}"#,
            0.0,
        ),
        ("tracking_http_requests_in_flight", 1.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample}");
    }
    let sum = r#"tracking_http_request_duration_seconds_sum{route="/livez"}"#;
    let sum = value(&text, sum).unwrap();
    assert!((sum - all * 60e-6).abs() < 1e-6, "{sum}");
    // A request may be given up on another thread than it began on.
    std::thread::scope(|scope| drop(scope.spawn(move || drop(ours)).join()));
    let text = page(&metrics, None);
    assert_eq!(value(&text, "tracking_http_requests_in_flight"), Some(0.0));
}

#[test]
fn bounds_and_statuses_beyond_those_expected_are_counted() {
    let metrics = Metrics::new();
    for (status, seconds) in [(418, 4), (418, 10), (599, 11)] {
        let status = StatusCode::from_u16(status).unwrap();
        metrics
            .requests
            .answered(2, status, Duration::from_secs(seconds));
    }
    let text = page(&metrics, None);
    let sample = r#"tracking_http_requests_total{route="other",status="other"}"#;
    assert_eq!(value(&text, sample), Some(3.0));
    for (bound, count) in [("2.5", 0.0), ("5", 1.0), ("10", 2.0), ("+Inf", 3.0)] {
        let sample = format!(
            r#"tracking_http_request_duration_seconds_bucket{{route="other",le="{bound}"}}"#
        );
        assert_eq!(value(&text, &sample), Some(count), "{sample}");
    }
}

#[test]
fn the_store_is_shown_as_it_was_seen() {
    let metrics = Metrics::new();
    let up = |text: &str| value(text, "tracking_store_up");
    let changes = |text: &str| value(text, "tracking_store_history_changes_total");
    // There is none to look at.
    assert_eq!(up(&page(&metrics, None)), None);
    // It does not answer.
    let text = page(&metrics, Some(None));
    assert_eq!(up(&text), Some(0.0));
    assert!(!text.contains("tracking_lanes") && !text.contains("tracking_store_clock"));

    let now_ms = 1_800_000_000_000;
    let text = page(&metrics, Some(Some(look("first", now_ms, -1_250))));
    for (sample, expected) in [
        ("tracking_store_up", 1.0),
        ("tracking_store_clock_ahead_seconds", -1.25),
        ("tracking_lanes_in_use", 1.0),
        ("tracking_lanes_fenced", 0.0),
        ("tracking_last_reserved_timestamp_seconds", 1_735_689_600.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample}");
    }
    assert_eq!(changes(&text), Some(0.0));
    for (history, seen) in [
        ("first", 0.0),
        ("second", 1.0),
        ("second", 1.0),
        ("first", 2.0),
    ] {
        let text = page(&metrics, Some(Some(look(history, now_ms, 0))));
        assert_eq!(changes(&text), Some(seen), "{history}");
    }
    // Every lane but the present one has its last tick ahead of a clock before the first tick.
    let text = page(&metrics, Some(Some(look("first", 0, 0))));
    let fenced = value(&text, "tracking_lanes_fenced");
    assert_eq!(fenced, Some(Serial::LANES.into()));
}

#[test]
fn tokens_are_shown_once_somebody_has_some() {
    let metrics = Metrics::new();
    assert!(!page(&metrics, None).contains("token"));
    let broken = || value(&page(&metrics, None), "tracking_token_file_broken");
    for (outcome, is_broken) in [
        (TokensRead::Taken, 0.0),
        (TokensRead::Refused, 1.0),
        (TokensRead::Refused, 1.0),
        (TokensRead::Taken, 0.0),
    ] {
        metrics.tokens_read(outcome);
        assert_eq!(broken(), Some(is_broken));
    }
    let text = page(&metrics, None);
    for (sample, expected) in [
        (r#"tracking_token_file_reads_total{outcome="taken"}"#, 2.0),
        (r#"tracking_token_file_reads_total{outcome="refused"}"#, 2.0),
    ] {
        assert_eq!(value(&text, sample), Some(expected), "{sample}");
    }
}

#[test]
fn tokens_in_force_are_those_of_now() {
    let generator = Generator::new(MemoryAllocator::new());
    let metrics = Metrics::new();
    for in_force in [Some(3), Some(2), None] {
        let text = metrics.page(&Now {
            endpoints: &ENDPOINTS,
            problems: &PROBLEMS,
            series: generator.series(),
            status: generator.status(),
            store: None,
            ledger: None,
            tokens_in_force: in_force,
        });
        let expected = in_force.map(|in_force| in_force as f64);
        assert_eq!(value(&text, "tracking_tokens_in_force"), expected);
    }
}
