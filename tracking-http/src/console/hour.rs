//! The last hour, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often a sample is taken.
pub(crate) const SAMPLE_EVERY: Duration = Duration::from_secs(15);

/// As many as an hour has, and the one that it begins with.
const SAMPLES: usize = 241;

/// How things were at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// Numbers issued since the start.
    pub(crate) issued: u64,
    /// Serials reserved and not yet used.
    pub(crate) runway: u64,
}

/// The samples of the last hour, oldest first: never more than [`SAMPLES`], some 6 KB.
#[derive(Debug, Default)]
pub(crate) struct Hour(Mutex<VecDeque<Sample>>);

impl Hour {
    /// The oldest one goes where there are enough.
    pub(crate) fn add(&self, sample: Sample) {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() == SAMPLES {
            samples.pop_front();
        }
        samples.push_back(sample);
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_an_hour_is_kept() {
        let hour = Hour::default();
        let sample = |count: u64| Sample {
            at_ms: count as i64 * 15_000,
            issued: count,
            runway: 1,
        };
        for count in 0..1_000 {
            hour.add(sample(count));
        }
        let samples = hour.samples();
        assert_eq!(samples.len(), SAMPLES);
        assert_eq!(
            (samples[0], samples[SAMPLES - 1]),
            (sample(759), sample(999))
        );
        let span = samples[SAMPLES - 1].at_ms - samples[0].at_ms;
        assert_eq!(span, 3_600_000);
    }
}
