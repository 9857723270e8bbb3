//! What `/metrics` says, taken apart.

use std::collections::{BTreeMap, BTreeSet};

use super::Client;

/// A page of metrics.
pub(crate) struct Scrape {
    pub(crate) text: String,
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    pub(crate) fn of(client: &mut Client) -> Self {
        Self::with(client, &[])
    }

    pub(crate) fn with(client: &mut Client, headers: &[&str]) -> Self {
        let answer = client.ask_with("GET", "/metrics", headers);
        assert_eq!(answer.status, 200, "{answer:?}");
        Self::parse(answer.body)
    }

    fn parse(text: String) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.map(|line| {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            (sample.to_owned(), value.parse().unwrap())
        });
        Self {
            samples: samples.collect(),
            text,
        }
    }

    /// A sample, as `name{label="value"}`, if it is there.
    pub(crate) fn get(&self, sample: &str) -> Option<f64> {
        self.samples.get(sample).copied()
    }

    /// A sample; a counter that is not there has counted nothing.
    pub(crate) fn value(&self, sample: &str) -> f64 {
        self.get(sample).unwrap_or_default()
    }

    /// All samples of a metric together, whatever their labels.
    pub(crate) fn sum(&self, metric: &str) -> f64 {
        let labelled = format!("{metric}{{");
        let samples = self.samples.iter();
        let samples = samples.filter(|(sample, _)| sample.starts_with(&labelled));
        samples.map(|(_, value)| value).sum()
    }

    /// The type and the labels of each metric.
    pub(crate) fn metrics(&self) -> BTreeMap<String, (String, BTreeSet<String>)> {
        let types = self.text.lines().filter_map(|line| {
            let (name, kind) = line.strip_prefix("# TYPE ")?.split_once(' ')?;
            Some((name.to_owned(), (kind.to_owned(), self.labels(name, kind))))
        });
        types.collect()
    }

    fn labels(&self, name: &str, kind: &str) -> BTreeSet<String> {
        let sample = match kind {
            "histogram" => format!("{name}_count"),
            _ => name.to_owned(),
        };
        let labels = self
            .samples
            .keys()
            .filter_map(|key| key.strip_prefix(&sample)?.strip_prefix('{'));
        let pairs = labels.flat_map(|labels| {
            labels
                .trim_end_matches('}')
                .split("\",")
                .collect::<Vec<_>>()
        });
        pairs
            .filter_map(|pair| Some(pair.split_once('=')?.0.to_owned()))
            .collect()
    }
}
