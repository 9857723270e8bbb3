//! Judging numbers by looks at a store: no more looks than are needed, and none that is too old.
//!
//! A refusal is certain whatever happened since a look, and needs no other one. That a number belongs, or
//! would be of a lane or a time that was never used, is said only by a look that began after the number was
//! received: another process may have issued it since an older one.
//!
//! ```
//! use std::time::Instant;
//! use tracking_core::judging::{Look, Looks};
//! use tracking_core::{Allocator, Generator, MemoryAllocator, Verdict};
//!
//! let store = std::sync::Arc::new(MemoryAllocator::new());
//! let number = Generator::new(store.clone()).next()?;
//! let (received, mut looks) = (Instant::now(), Looks::default());
//! let verdict = looks.try_judge(store.series(), &number, received).or_else(|| {
//!     looks.take(Look::at(&store));
//!     looks.judge(store.series(), &number)
//! });
//! assert!(matches!(verdict, Some(Verdict::Belongs(_))));
//! # Ok::<(), tracking_core::AllocateError>(())
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::{Clock, SystemClock, ahead_ms};
use crate::number::TrackingNumber;
use crate::number::judge::Verdict;
use crate::series::Series;
use crate::store::allocator::{AllocateError, OpenStore};
use crate::store::snapshot::Snapshot;

/// For how long a look is good enough to say that a number belongs.
const MAX_AGE: Duration = Duration::from_secs(1);

/// What was found when a store was looked at.
#[derive(Debug, Clone)]
pub struct Look {
    began: Instant,
    found: Result<Snapshot, AllocateError>,
    clock_ahead_ms: i64,
}

impl Look {
    /// Look at a store. Blocks for as long as the store's own time-out.
    pub fn at(store: &(impl OpenStore + ?Sized)) -> Self {
        let began = Instant::now();
        let before_ms = SystemClock.now_ms();
        let found = store.snapshot();
        let after_ms = SystemClock.now_ms();
        let store_ms = found.as_ref().map_or(before_ms, |found| found.now_ms);
        Self {
            began,
            found,
            clock_ahead_ms: surely_ahead_ms(store_ms, before_ms, after_ms),
        }
    }

    /// When it began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// What the store knew, unless it could not be read.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.found.as_ref().ok()
    }

    /// Why the store could not be read.
    pub fn error(&self) -> Option<&AllocateError> {
        self.found.as_ref().err()
    }

    /// By how many milliseconds the store's clock was ahead of this host's, at least: the time that the
    /// look took tells nothing. 0 where there is no snapshot.
    pub fn clock_ahead_ms(&self) -> i64 {
        self.clock_ahead_ms
    }

    /// The verdict on a number that was received before it; `None` where the store could not be read.
    pub fn judge(&self, series: &Series, number: &TrackingNumber) -> Option<Verdict> {
        let (snapshot, now_ms) = self.known_now()?;
        Some(series.judge(number, now_ms, snapshot.timeline.as_ref()))
    }

    /// What the store knew, and the time by its clock now.
    fn known_now(&self) -> Option<(&Snapshot, i64)> {
        let snapshot = self.snapshot()?;
        Some((snapshot, snapshot.now_ms_after(self.began.elapsed())))
    }
}

/// [`ahead_ms`], where our clock may have been set back in between.
fn surely_ahead_ms(store_ms: i64, before_ms: i64, after_ms: i64) -> i64 {
    ahead_ms(before_ms.min(after_ms), store_ms, before_ms.max(after_ms))
}

/// The newest looks at one store.
#[derive(Debug, Clone, Default)]
pub struct Looks {
    last: Option<Arc<Look>>,
    /// The last one that saw anything.
    seen: Option<Arc<Look>>,
}

impl Looks {
    /// Remember a look, which is newer than those before.
    pub fn take(&mut self, look: Look) -> Arc<Look> {
        let look = Arc::new(look);
        if look.snapshot().is_some() {
            self.seen = Some(Arc::clone(&look));
        }
        self.last = Some(Arc::clone(&look));
        look
    }

    /// The newest look, whether or not it saw anything.
    pub fn last(&self) -> Option<&Arc<Look>> {
        self.last.as_ref()
    }

    /// The verdict on a number that was received then, as far as these looks are enough for it; `None` where
    /// another one is needed first.
    pub fn try_judge(
        &self,
        series: &Series,
        number: &TrackingNumber,
        received: Instant,
    ) -> Option<Verdict> {
        match self.judge_unasked(series, number)? {
            verdict @ Verdict::Refused(_) => Some(verdict),
            verdict => {
                let seen = self.seen.as_ref()?;
                let age = received.saturating_duration_since(seen.began);
                (age < MAX_AGE).then_some(verdict)
            }
        }
    }

    /// The verdict on a number that was received before the last look, or before an older one than that if it
    /// was refused by it; `None` where only the store could tell, which could not be asked.
    pub fn judge(&self, series: &Series, number: &TrackingNumber) -> Option<Verdict> {
        let last = self.last.as_deref();
        last.and_then(|last| last.judge(series, number))
            .or_else(|| self.judge_unasked(series, number))
    }

    /// [`judge`](Self::judge) each of `numbers` into its place of `verdicts`, as many as both have: several
    /// times faster for each of many.
    pub fn judge_each(
        &self,
        series: &Series,
        numbers: &[TrackingNumber],
        verdicts: &mut [Option<Verdict>],
    ) {
        let last = self.last.as_deref().and_then(Look::known_now);
        let seen = self.seen();
        let now_ms = SystemClock.now_ms();
        series.decode_each(numbers, verdicts, |decoded| match last {
            Some((snapshot, now_ms)) => {
                Some(series.judge_decoded(decoded, now_ms, snapshot.timeline.as_ref()))
            }
            None => series.judge_decoded_unasked(decoded, now_ms, seen),
        });
    }

    /// The verdict on a number while the store cannot be asked, as far as it is certain: see
    /// [`Series::judge_unasked`].
    pub fn judge_unasked(&self, series: &Series, number: &TrackingNumber) -> Option<Verdict> {
        series.judge_unasked(number, SystemClock.now_ms(), self.seen())
    }

    /// The last snapshot, and how old it is.
    fn seen(&self) -> Option<(&Snapshot, Duration)> {
        let look = self.seen.as_deref()?;
        Some((look.snapshot()?, look.began.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::Generator;
    use crate::number::judge::Reason;
    use crate::number::serial::Serial;
    use crate::store::allocator::Allocator;
    use crate::store::memory::MemoryAllocator;

    impl Look {
        fn failed() -> Self {
            Self {
                began: Instant::now(),
                found: Err(AllocateError::NotYet {
                    after: Duration::ZERO,
                }),
                clock_ahead_ms: 0,
            }
        }
    }

    #[test]
    fn what_a_look_tells_of_the_clock() {
        for (store_ms, before_ms, after_ms, ahead) in [
            (100, 100, 100, 0),
            // It may have been read at any moment of the look.
            (100, 90, 110, 0),
            (120, 90, 110, 10),
            (80, 90, 110, -10),
            // Ours was set back meanwhile.
            (100, 110, 90, 0),
            (120, 110, 90, 10),
        ] {
            assert_eq!(surely_ahead_ms(store_ms, before_ms, after_ms), ahead);
        }
    }

    #[test]
    fn a_number_belongs_by_a_look_that_is_recent_alone() {
        let store = Arc::new(MemoryAllocator::new());
        let number = Generator::new(Arc::clone(&store)).next().unwrap();
        let series = store.series();
        let mut looks = Looks::default();
        let now = Instant::now();
        assert_eq!(looks.try_judge(series, &number, now), None);
        looks.take(Look::at(&store));
        let belongs = |verdict| matches!(verdict, Some(Verdict::Belongs(_)));
        let at = |after_ms| now + Duration::from_millis(after_ms);
        assert!(belongs(looks.try_judge(series, &number, at(500))));
        assert_eq!(looks.try_judge(series, &number, at(5_000)), None);
        assert!(belongs(looks.judge(series, &number)));
    }

    /// Before a look, after one, and after one that failed: of numbers that belong, are to come, are of
    /// another series or are no number of any.
    #[test]
    fn each_of_many_is_judged_as_one() {
        let store = Arc::new(MemoryAllocator::new());
        let generator = Generator::new(Arc::clone(&store));
        let series = store.series();
        let ahead = Serial::from_parts(0, Serial::TICKS - 1, 0).unwrap();
        let mut numbers = vec![series.encode(ahead), "1".parse().unwrap()];
        numbers.extend((0..300).map(|_| generator.next().unwrap()));
        let other = Generator::new(MemoryAllocator::new());
        numbers.extend((0..20).map(|_| other.next().unwrap()));

        let mut looks = Looks::default();
        let mut belong = Vec::new();
        for look in [None, Some(Look::at(&store)), Some(Look::failed())] {
            if let Some(look) = look {
                looks.take(look);
            }
            let mut verdicts = vec![None; numbers.len()];
            looks.judge_each(series, &numbers, &mut verdicts);
            let one_by_one = numbers.iter().map(|number| looks.judge(series, number));
            assert_eq!(verdicts, one_by_one.collect::<Vec<_>>());
            let belongs = |verdict: &&Option<Verdict>| matches!(verdict, Some(Verdict::Belongs(_)));
            belong.push(verdicts.iter().filter(belongs).count());
        }
        assert_eq!(belong, [300; 3]);
    }

    #[test]
    fn a_certain_refusal_needs_no_look() {
        let store = MemoryAllocator::new();
        let refused = Some(Verdict::Refused(Reason::Length));
        let number = format!("{}1", store.series().prefix().as_str());
        let number = number.parse().unwrap();
        let looks = Looks::default();
        let now = Instant::now();
        assert_eq!(looks.try_judge(store.series(), &number, now), refused);
        assert_eq!(looks.judge(store.series(), &number), refused);
    }
}
