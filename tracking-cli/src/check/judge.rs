//! What is found about a number.

use tracking_core::{Reason, Snapshot, Store, TrackingNumber, Verdict};

use crate::failure::Failure;

/// What is found about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The series could have issued it.
    Belongs,
    /// It has the shape of a number; more was not asked.
    WellFormed,
    /// The series never issued it, or it is no number at all.
    Refused(Reason),
}

/// Finds out about numbers: by their shape, and by a series if there is one.
#[derive(Debug)]
pub(crate) struct Judge {
    series: Option<(Box<dyn Store>, Option<Snapshot>)>,
}

impl Judge {
    pub(crate) fn of_shape() -> Self {
        Self { series: None }
    }

    pub(crate) fn of_series(store: Box<dyn Store>) -> Self {
        Self {
            series: Some((store, None)),
        }
    }

    /// Look at the store. It must come after the numbers were received: one that another process
    /// has issued since the last look may be among them.
    pub(crate) fn look(&mut self) -> Result<(), Failure> {
        if let Some((store, snapshot)) = &mut self.series {
            *snapshot = Some(store.snapshot()?);
        }
        Ok(())
    }

    pub(crate) fn find(&self, given: &[u8]) -> Finding {
        let Ok(number) = parse(given) else {
            return Finding::Refused(Reason::Malformed);
        };
        let Some((store, snapshot)) = &self.series else {
            return Finding::WellFormed;
        };
        let (now_ms, timeline) = snapshot
            .as_ref()
            .map_or((i64::MAX, None), |s| (s.now_ms, s.timeline.as_ref()));
        match store.series().judge(&number, now_ms, timeline) {
            Verdict::Belongs(_) => Finding::Belongs,
            Verdict::Refused(reason) => Finding::Refused(reason),
        }
    }
}

/// The number of some bytes, or what is wrong with them.
pub(crate) fn parse(given: &[u8]) -> Result<TrackingNumber, String> {
    let text = str::from_utf8(given).map_err(|error| {
        format!(
            "expected a tracking number of 1 to 16 characters of A-Z and 0-9, found a byte that is not UTF-8 at position {}",
            error.valid_up_to() + 1
        )
    })?;
    text.parse()
        .map_err(|error: tracking_core::ParseNumberError| error.to_string())
}
