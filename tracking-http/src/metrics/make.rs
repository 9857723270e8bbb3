//! Makes metrics, each registered where it will be shown.

use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{
    Gauge, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts,
    Registry, Result,
};

/// From 50 us, what a number from memory takes with all round it, to 10 s.
const SECONDS: [f64; 17] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0,
];

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

    pub(super) fn durations(&self, name: &str, help: &str, labels: &[&str]) -> HistogramVec {
        let options = HistogramOpts::new(name, help).buckets(SECONDS.into());
        self.keep(HistogramVec::new(options, labels))
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
