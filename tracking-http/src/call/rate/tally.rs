//! What `governor` keeps of one caller, where what was taken can be given back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::nanos::Nanos;

/// The theoretical arrival time of `governor`, in nanoseconds; 0 where nobody came yet.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

// Relaxed, all of these: a tally guards nothing but itself.
impl Tally {
    /// As [`StateStore`](governor::state::StateStore) has it.
    pub(super) fn measure_and_replace<T, E>(
        &self,
        decide: impl Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    ) -> Result<T, E> {
        let mut found = self.0.load(Ordering::Relaxed);
        loop {
            let (taken, next) = decide((found != 0).then(|| found.into()))?;
            let swapped = self.0.compare_exchange_weak(
                found,
                next.into(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match swapped {
                Ok(_) => return Ok(taken),
                // Another request was quicker.
                Err(other) => found = other,
            }
        }
    }

    /// Undo the taking of numbers that come back in this time.
    pub(super) fn give_back(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0
            .update(Ordering::Relaxed, Ordering::Relaxed, |arrival| {
                arrival.saturating_sub(ns)
            });
    }
}
