//! The verdict on a number, by a look at the store that is no older than it must be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_core::{Clock, Series, SystemClock, TrackingNumber, Verdict};

use crate::api::looks::Looks;
use crate::watch::metrics::Look;

/// For how long a look is good enough to say that a number belongs.
const LOOK_MAX_AGE: Duration = Duration::from_secs(1);

/// How long a request waits for a look; then the store cannot be asked.
const LOOK_DEADLINE: Duration = Duration::from_secs(2);

/// Whether a series could have issued a number that was received before now, by looks at its store where there
/// is one; `None` where that could not be asked, and it alone could tell.
pub(crate) async fn verdict(
    looks: Option<&Arc<Looks>>,
    series: &Series,
    number: &TrackingNumber,
) -> Option<Verdict> {
    let asked = Instant::now();
    let Some(looks) = looks else {
        return Some(series.judge(number, SystemClock.now_ms(), None));
    };
    let seen = looks.seen();
    let recent = |look: &Look| asked.saturating_duration_since(look.began) < LOOK_MAX_AGE;
    match unasked(series, number, seen.as_deref()) {
        // By what was seen just now, or whatever the store says.
        Some(verdict @ Verdict::Refused(_)) => return Some(verdict),
        verdict if seen.is_some_and(|look| recent(&look)) && verdict.is_some() => return verdict,
        // Another process may have issued it since, from a lane new to that look.
        _ => {}
    }
    let look = timeout(LOOK_DEADLINE, Arc::clone(looks).since(asked)).await;
    let look = look.ok().flatten();
    match look
        .as_deref()
        .and_then(|look| Some((look, look.snapshot.as_ref()?)))
    {
        Some((look, snapshot)) => {
            let now_ms = snapshot.now_ms.saturating_add(age_ms(look));
            Some(series.judge(number, now_ms, snapshot.timeline.as_ref()))
        }
        None => unasked(series, number, looks.seen().as_deref()),
    }
}

fn unasked(series: &Series, number: &TrackingNumber, seen: Option<&Look>) -> Option<Verdict> {
    let seen = seen.and_then(|look| Some((look.snapshot.as_ref()?, look.began.elapsed())));
    series.judge_unasked(number, SystemClock.now_ms(), seen)
}

fn age_ms(look: &Look) -> i64 {
    i64::try_from(look.began.elapsed().as_millis()).unwrap_or(i64::MAX)
}
