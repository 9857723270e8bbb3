//! Opening the series of a file, or creating it.

use std::sync::Arc;

use super::create::{Creation, create};
use super::error::Problem;
use super::handle::Handle;
use super::lock::{Lock, PATIENCE_MS};
use super::place::Place;
use super::session::{Session, Setting};
use super::slot::Present;
use crate::clock::Clock;
use crate::opening::{OpenError, Opening, SeriesOptions};
use crate::url::FileUrl;

pub(super) fn open(
    url: &FileUrl,
    options: &SeriesOptions,
    clock: Arc<dyn Clock>,
) -> Result<(Setting, Session, Creation), OpenError> {
    let place = Place::new(url)?;
    let (handle, creation) = find_or_create(&place, options, &*clock)?;
    let present = read(&handle, &*clock).map_err(|problem| place.error(problem))?;
    let series = present.record.series;
    match creation {
        Creation::Others if options.opening == Opening::New => Err(OpenError::Exists {
            store: url.to_string(),
            series: series.name().clone(),
            fingerprint: series.fingerprint(),
        }),
        _ => {
            options.check(&url.to_string(), &series)?;
            let session = Session::new(handle, present.mark);
            let setting = Setting {
                place,
                series,
                clock,
            };
            Ok((setting, session, creation))
        }
    }
}

/// The open file at a place, and who created it.
fn find_or_create(
    place: &Place,
    options: &SeriesOptions,
    clock: &dyn Clock,
) -> Result<(Handle, Creation), OpenError> {
    let found = || place.open().map_err(|problem| place.error(problem));
    if let Some(handle) = found()? {
        return Ok((handle, Creation::Others));
    }
    match options.opening {
        Opening::Existing => return Err(OpenError::missing(place.url(), &options.name)),
        Opening::OrCreate if options.key.is_some() => {
            return Err(OpenError::LocalKey {
                store: place.url().to_string(),
            });
        }
        Opening::OrCreate | Opening::New => {}
    }
    let now_ms = clock.now_ms();
    let creation = create(place, &options.new_series(now_ms), now_ms)
        .map_err(|problem| place.error(problem))?;
    // Opened as any other would be, so that what could not be used later is refused now.
    let handle = found()?.ok_or_else(|| place.error(Problem::Missing))?;
    Ok((handle, creation))
}

/// The state of the file, without its lock: a process that was stopped while it holds that one does
/// not keep others from starting. A write at the same time spoils one slot at most, and the series
/// is the same in both; should both seem spoilt, the lock decides.
fn read(handle: &Handle, clock: &dyn Clock) -> Result<Present, Problem> {
    match handle.read() {
        Err(Problem::Damaged) => {
            let deadline_ms = clock.monotonic_ms() + PATIENCE_MS;
            let _locked = handle.lock(Lock::Shared, clock, deadline_ms)?;
            handle.read()
        }
        read => read,
    }
}
