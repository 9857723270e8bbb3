//! The verdict on a number, by a look at the store that is no older than it must be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tracking_core::{Clock, Reason, Series, SystemClock, TrackingNumber, Verdict};

use crate::looks::{Look, Looks};

/// For how long a look is good enough to say that a number belongs.
const LOOK_MAX_AGE: Duration = Duration::from_secs(1);

/// How long a request waits for a look; then it is judged without.
const LOOK_DEADLINE: Duration = Duration::from_secs(2);

/// Whether a series could have issued a number that was received before now, by looks at its store where there
/// is one.
pub(crate) async fn verdict(
    looks: Option<&Arc<Looks>>,
    series: &Series,
    number: &TrackingNumber,
) -> Verdict {
    let asked = Instant::now();
    let Some(looks) = looks else {
        return judge(series, number, None);
    };
    let last = looks
        .last()
        .filter(|look| asked.duration_since(look.began) < LOOK_MAX_AGE);
    let verdict = judge(series, number, last.as_deref());
    let is_certain = match verdict {
        Verdict::Belongs(_) => last.is_some(),
        // Another process may have issued it since the last look, from a lane new to that.
        Verdict::Refused(Reason::NotOfThisSeries | Reason::InTheFuture) => false,
        Verdict::Refused(_) => true,
    };
    if is_certain {
        return verdict;
    }
    match timeout(LOOK_DEADLINE, Arc::clone(looks).since(asked)).await {
        Ok(look) => judge(series, number, look.as_deref()),
        Err(_) => judge(series, number, None),
    }
}

fn judge(series: &Series, number: &TrackingNumber, look: Option<&Look>) -> Verdict {
    let snapshot = look.and_then(|look| Some((look.began, look.snapshot.as_ref()?)));
    let (now_ms, timeline) = match snapshot {
        None => (SystemClock.now_ms(), None),
        Some((began, snapshot)) => {
            let age_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
            (
                snapshot.now_ms.saturating_add(age_ms),
                snapshot.timeline.as_ref(),
            )
        }
    };
    series.judge(number, now_ms, timeline)
}
