//! Makes metrics, each registered where it will be shown.

use prometheus::core::Collector;
use prometheus::proto::{self, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    Result,
};

/// The upper ends of a histogram's buckets: from 50 us, what a number from memory takes with all round
/// it, to 10 s.
pub(super) const BOUNDS_NS: [u64; 17] = [
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// A registry that is no one else's.
#[derive(Default)]
pub(super) struct Maker(Registry);

impl Maker {
    pub(super) fn counter(&self, name: &str, help: &str) -> IntCounter {
        self.keep(IntCounter::new(name, help))
    }

    pub(super) fn counters(&self, name: &str, help: &str, label: &str) -> IntCounterVec {
        self.counters_by(name, help, &[label])
    }

    pub(super) fn counters_by(&self, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
        self.keep(IntCounterVec::new(Opts::new(name, help), labels))
    }

    pub(super) fn whole_gauge(&self, name: &str, help: &str) -> IntGauge {
        self.keep(IntGauge::new(name, help))
    }

    /// A gauge that has its value already.
    pub(super) fn set(&self, name: &str, help: &str, value: f64) {
        self.keep(Gauge::new(name, help)).set(value);
    }

    /// A 1 that carries labels.
    pub(super) fn info<const N: usize>(&self, name: &str, help: &str, labels: [(&str, &str); N]) {
        let names = labels.map(|(name, _)| name);
        let gauges = self.keep(GaugeVec::new(Opts::new(name, help), &names));
        gauges
            .with_label_values(&labels.map(|(_, value)| value))
            .set(1.0);
    }

    pub(super) fn durations(&self, name: &str, help: &str) -> Histogram {
        let options = HistogramOpts::new(name, help).buckets(BOUNDS_NS.map(seconds).into());
        self.keep(Histogram::with_opts(options))
    }

    /// All that have been made and have a value.
    pub(super) fn families(&self) -> Vec<MetricFamily> {
        self.0.gather()
    }

    #[expect(
        clippy::expect_used,
        reason = "names and labels are constants, and the tests make all of them"
    )]
    fn keep<C: Collector + Clone + 'static>(&self, made: Result<C>) -> C {
        let made = made.expect("the name is well-formed");
        let kept = self.0.register(Box::new(made.clone()));
        kept.expect("the name is used once");
        made
    }
}

/// A histogram that was counted elsewhere.
pub(super) struct Counts {
    /// By the first of [`BOUNDS_NS`] that is not exceeded, and a last one for what exceeds all.
    pub(super) by_time: [u64; BOUNDS_NS.len() + 1],
    pub(super) seconds: f64,
}

/// Histograms that were counted elsewhere, by the value of a label.
pub(super) fn histograms(
    name: &str,
    help: &str,
    label: &str,
    counted: &[(&str, Counts)],
) -> MetricFamily {
    let metric = |(value, counts): &(&str, Counts)| {
        let mut pair = LabelPair::default();
        pair.set_name(label.to_owned());
        pair.set_value((*value).to_owned());
        let mut metric = Metric::from_label(vec![pair]);
        metric.set_histogram(counts.histogram());
        metric
    };
    let mut family = MetricFamily::default();
    family.set_name(name.to_owned());
    family.set_help(help.to_owned());
    family.set_field_type(MetricType::HISTOGRAM);
    family.set_metric(counted.iter().map(metric).collect());
    family
}

impl Counts {
    fn histogram(&self) -> proto::Histogram {
        let mut count = 0;
        let bucket = |(by_time, bound_ns): (&u64, &u64)| {
            count += by_time;
            let mut bucket = proto::Bucket::default();
            bucket.set_cumulative_count(count);
            bucket.set_upper_bound(seconds(*bound_ns));
            bucket
        };
        let buckets = self.by_time.iter().zip(&BOUNDS_NS).map(bucket).collect();
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(buckets);
        histogram.set_sample_count(self.by_time.iter().sum());
        histogram.set_sample_sum(self.seconds);
        histogram
    }
}
