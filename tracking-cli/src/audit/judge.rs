//! What a number is to the series, and what it is packed as.

use std::time::Instant;

use tracking_core::judging::{Look, Looks};
use tracking_core::store::url::ParseStoreUrlError;
use tracking_core::{
    AllocateError, OpenError, OpenStore, Opening, Reason, TrackingNumber, Verdict, open_store,
};
use tracking_programs::args::{ArgsError, StoreArgs};

use super::packed::{Packed, Unpacked};
use crate::failure::Failure;
use crate::output::message;
use crate::stores::warn;

/// Judges numbers by their shape, and by a series if there is one.
#[derive(Debug)]
pub(super) struct Judge {
    series: Option<OfSeries>,
}

#[derive(Debug)]
struct OfSeries {
    store: Box<dyn OpenStore>,
    looks: Looks,
    /// Why the store could not be asked, if it was so: it is not asked again then.
    failed: Option<AllocateError>,
    /// About some, only the store could have told.
    undecided: bool,
}

impl Judge {
    /// With the series, unless only the shape is wanted; or none was named, and the default one is not
    /// there: logs of many machines are audited where no series is.
    pub(super) fn open(shape_only: bool, store: &StoreArgs) -> Result<Self, Failure> {
        let series = match shape_only {
            true => None,
            false => series(store)?,
        };
        let series = series.map(|store| OfSeries {
            store,
            looks: Looks::default(),
            failed: None,
            undecided: false,
        });
        Ok(Self { series })
    }

    /// The number of some bytes that were received then, if it has the shape of one; and why the series
    /// cannot have issued it, if so.
    pub(super) fn judge(
        &mut self,
        given: &[u8],
        received: Instant,
    ) -> (Option<Packed>, Option<&'static str>) {
        let text = str::from_utf8(given).ok();
        let Some(number) = text.and_then(|text| text.parse().ok()) else {
            return (None, Some(Reason::Malformed.code()));
        };
        let Some(series) = &mut self.series else {
            return (Some(Packed::of_number(&number)), None);
        };
        let (packed, refused) = series.judge(&number, received);
        (Some(packed), refused.map(Reason::code))
    }

    /// Why some could not be decided.
    pub(super) fn failed(&self) -> Option<&AllocateError> {
        let series = self.series.as_ref()?;
        series.failed.as_ref().filter(|_| series.undecided)
    }

    /// The number that was packed.
    pub(super) fn text(&self, packed: Packed) -> Option<TrackingNumber> {
        match packed.unpack()? {
            Unpacked::Number(number) => Some(number),
            Unpacked::Serial(serial) => Some(self.series.as_ref()?.store.series().encode(serial)),
        }
    }
}

impl OfSeries {
    fn judge(&mut self, number: &TrackingNumber, received: Instant) -> (Packed, Option<Reason>) {
        let series = self.store.series();
        // One look is enough for all that came before it; and one that failed for all that follows: a store that
        // is gone is not waited for once for each number.
        let last = self.looks.last();
        let is_looked_at = last.is_some_and(|look| look.began() >= received);
        let known = self.looks.try_judge(series, number, received);
        let verdict = match known {
            None if is_looked_at || self.failed.is_some() => self.looks.judge(series, number),
            None => {
                let look = self.looks.take(Look::at(&*self.store));
                self.failed = look.error().cloned();
                self.looks.judge(series, number)
            }
            known => known,
        };
        match verdict {
            Some(Verdict::Belongs(serial)) => (Packed::of_serial(serial), None),
            Some(Verdict::Refused(reason @ (Reason::NotOfThisSeries | Reason::InTheFuture))) => {
                (self.whenever(number), Some(reason))
            }
            Some(Verdict::Refused(reason)) => (Packed::of_number(number), Some(reason)),
            None => {
                self.undecided = true;
                (self.whenever(number), None)
            }
        }
    }

    /// Packed the same, whatever the time is and the store knows: what is refused now may belong later.
    fn whenever(&self, number: &TrackingNumber) -> Packed {
        match self.store.series().judge(number, i64::MAX, None) {
            Verdict::Belongs(serial) => Packed::of_serial(serial),
            Verdict::Refused(_) => Packed::of_number(number),
        }
    }
}

/// The series, if it is there; that the default one is not is told.
fn series(args: &StoreArgs) -> Result<Option<Box<dyn OpenStore>>, Failure> {
    let is_named = args.named_url()?.is_some();
    warn(args);
    let url = match args.url() {
        // Nowhere to look.
        Err(ArgsError::Url(ParseStoreUrlError::NoHome)) => return Ok(None),
        url => url?,
    };
    match open_store(&url, &args.options(Opening::Existing)?) {
        Ok(store) => Ok(Some(store)),
        Err(OpenError::Missing { .. }) if !is_named => {
            message(
                "note",
                &format!("there is no series in {url}: only shapes and repeats are looked at"),
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use tracking_core::store::{Snapshot, reserve_patiently};
    use tracking_core::{Allocator, Block, MemoryAllocator, Serial, Series};

    use super::*;

    /// A store that counts the looks at it, of which the first `good` see something.
    #[derive(Debug)]
    struct Counted {
        store: MemoryAllocator,
        good: u32,
        looks: Arc<AtomicU32>,
    }

    impl fmt::Display for Counted {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.store.fmt(f)
        }
    }

    impl Allocator for Counted {
        fn series(&self) -> &Series {
            self.store.series()
        }
        fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
            self.store.reserve(wanted)
        }
    }

    impl OpenStore for Counted {
        fn snapshot(&self) -> Result<Snapshot, AllocateError> {
            match self.looks.fetch_add(1, Ordering::Relaxed) < self.good {
                true => self.store.snapshot(),
                false => Err(AllocateError::unavailable(self, fmt::Error)),
            }
        }
    }

    /// What is found of a thousand numbers of a lane that was never used, in two pages, and by how many looks.
    fn found(good: u32) -> (Option<&'static str>, bool, u32) {
        let looks = Arc::new(AtomicU32::new(0));
        let store = Counted {
            store: MemoryAllocator::new(),
            good,
            looks: Arc::clone(&looks),
        };
        let patience = Duration::from_secs(5);
        let block = reserve_patiently(&store, NonZeroU32::MIN, patience).unwrap();
        let used = block.start().lane();
        looks.store(0, Ordering::Relaxed);
        let series = store.series().clone();
        let mut judge = Judge {
            series: Some(OfSeries {
                store: Box::new(store),
                looks: Looks::default(),
                failed: None,
                undecided: false,
            }),
        };
        let mut received = Instant::now();
        let mut reasons = Vec::new();
        for slot in 0..1_000 {
            let serial = Serial::from_parts(used ^ 1, Serial::TICKS - 1, slot).unwrap();
            let number = series.encode(serial);
            if slot == 500 {
                received = Instant::now();
            }
            let (packed, reason) = judge.judge(number.as_str().as_bytes(), received);
            assert_eq!(
                packed,
                Some(Packed::of_serial(serial)),
                "whatever is said of it"
            );
            assert_eq!(judge.text(packed.unwrap()), Some(number));
            reasons.push(reason);
        }
        reasons.dedup();
        assert_eq!(reasons.len(), 1);
        let failed = judge.failed().is_some();
        (reasons[0], failed, looks.load(Ordering::Relaxed))
    }

    #[test]
    fn a_store_is_asked_once_for_a_page_and_never_again_once_it_is_gone() {
        assert_eq!(found(1_000), (Some("not-of-this-series"), false, 2));
        assert_eq!(found(0), (None, true, 1));
    }
}
