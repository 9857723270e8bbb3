//! Opening the series of a file, or creating it.

use std::sync::Arc;

use super::create::{Creation, create};
use super::error::Problem;
use super::place::Place;
use super::session::{Session, Setting};
use super::state_file::StateFile;
use super::system::{FileSystem, System};
use crate::clock::{Clock, SystemClock};
use crate::series::SeriesName;
use crate::series::opening::{OpenError, Opening, SeriesOptions};
use crate::store::url::FileUrl;

pub(super) fn open(
    url: &FileUrl,
    options: &SeriesOptions,
    clock: Arc<dyn Clock>,
    system: Arc<dyn FileSystem>,
) -> Result<(Setting, Session, Creation), OpenError> {
    let place = Place::new(url, system)?;
    let (handle, creation) = find_or_create(&place, options, &*clock)?;
    let present = handle
        .read_unlocked(&*clock)
        .map_err(|problem| place.error(problem))?;
    let series = present.record.series;
    match creation {
        Creation::Others if options.opening == Opening::New => Err(OpenError::Exists {
            store: url.to_string(),
            series: series.name().clone(),
            fingerprint: series.fingerprint(),
        }),
        _ => {
            options.check(&url.to_string(), &series)?;
            let session = Session::new(handle, present.record.generation);
            let setting = Setting {
                place,
                series,
                clock,
            };
            Ok((setting, session, creation))
        }
    }
}

/// The name of the series in a file; none where there is no file.
pub(crate) fn series_name(url: &FileUrl) -> Result<Option<SeriesName>, OpenError> {
    let place = Place::new(url, Arc::new(System))?;
    let name = || {
        let Some(file) = place.open()? else {
            return Ok(None);
        };
        let present = file.read_unlocked(&SystemClock)?;
        Ok(Some(present.record.series.name().clone()))
    };
    Ok(name().map_err(|problem| place.error(problem))?)
}

/// The open file at a place, and who created it.
fn find_or_create(
    place: &Place,
    options: &SeriesOptions,
    clock: &dyn Clock,
) -> Result<(StateFile, Creation), OpenError> {
    let found = || place.open().map_err(|problem| place.error(problem));
    if let Some(handle) = found()? {
        return Ok((handle, Creation::Others));
    }
    let now_ms = clock.now_ms();
    let series = options.local_series(&place.url().to_string(), now_ms)?;
    let creation = create(place, &series, options.timeline.clone(), now_ms)
        .map_err(|problem| place.error(problem))?;
    // Opened as any other would be, so that what could not be used later is refused now.
    let handle = found()?.ok_or_else(|| place.error(Problem::Missing))?;
    Ok((handle, creation))
}
