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
    /// Why the store could not be asked about some.
    undecided: Option<AllocateError>,
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
            undecided: None,
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
        self.series.as_ref()?.undecided.as_ref()
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
        let verdict = match self.looks.try_judge(series, number, received) {
            None => {
                let look = self.looks.take(Look::at(&*self.store));
                if let (Some(error), None) = (look.error(), &self.undecided) {
                    self.undecided = Some(error.clone());
                }
                self.looks.judge(series, number)
            }
            verdict => verdict,
        };
        match verdict {
            Some(Verdict::Belongs(serial)) => (Packed::of_serial(serial), None),
            Some(Verdict::Refused(reason @ (Reason::NotOfThisSeries | Reason::InTheFuture))) => {
                (self.whenever(number), Some(reason))
            }
            Some(Verdict::Refused(reason)) => (Packed::of_number(number), Some(reason)),
            None => (self.whenever(number), None),
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
