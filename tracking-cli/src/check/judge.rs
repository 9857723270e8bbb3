//! What is found about a number.

use tracking_core::judging::{Look, Looks};
use tracking_core::{AllocateError, OpenStore, Reason, TrackingNumber, Verdict};

/// What is found about a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The series could have issued it.
    Belongs,
    /// It has the shape of a number; more was not asked.
    WellFormed,
    /// The series never issued it, or it is no number at all.
    Refused(Reason),
    /// Only the store could tell, which cannot be asked.
    Undecided,
}

/// Finds out about numbers: by their shape, and by a series if there is one.
#[derive(Debug)]
pub(crate) struct Judge {
    series: Option<OfSeries>,
}

#[derive(Debug)]
struct OfSeries {
    store: Box<dyn OpenStore>,
    looks: Looks,
}

impl Judge {
    pub(crate) fn of_shape() -> Self {
        Self { series: None }
    }

    pub(crate) fn of_series(store: Box<dyn OpenStore>) -> Self {
        Self {
            series: Some(OfSeries {
                store,
                looks: Looks::default(),
            }),
        }
    }

    /// Look at the store. It must come after the numbers were received: one that another process
    /// has issued since the last look may be among them.
    pub(crate) fn look(&mut self) {
        if let Some(series) = &mut self.series {
            series.looks.take(Look::at(&*series.store));
        }
    }

    /// Why the store could not be asked at the last look.
    pub(crate) fn failed(&self) -> Option<&AllocateError> {
        self.series.as_ref()?.looks.last()?.error()
    }

    /// What is found about each of some numbers, in `findings` in their order.
    pub(crate) fn find(&self, given: &[&[u8]], findings: &mut Vec<Finding>) {
        findings.clear();
        let mut numbers = Vec::with_capacity(given.len());
        findings.extend(given.iter().map(|given| {
            let number = str::from_utf8(given)
                .ok()
                .and_then(|text| text.parse::<TrackingNumber>().ok());
            numbers.extend(number);
            match number {
                Some(_) => Finding::WellFormed,
                None => Finding::Refused(Reason::Malformed),
            }
        }));
        let Some(series) = &self.series else {
            return;
        };
        let mut verdicts = vec![None; numbers.len()];
        let of = series.store.series();
        series.looks.judge_each(of, &numbers, &mut verdicts);
        let well_formed = findings
            .iter_mut()
            .filter(|finding| **finding == Finding::WellFormed);
        for (finding, verdict) in well_formed.zip(verdicts) {
            *finding = match verdict {
                Some(Verdict::Belongs(_)) => Finding::Belongs,
                Some(Verdict::Refused(reason)) => Finding::Refused(reason),
                None => Finding::Undecided,
            };
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
        .map_err(|error: tracking_core::number::ParseNumberError| error.to_string())
}
