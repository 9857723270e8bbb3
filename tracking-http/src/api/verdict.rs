//! The verdict on a number: whether the series could have issued it.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracking_core::issued::Timestamp;
use tracking_core::{Reason, Serial, TrackingNumber, Verdict};
use tracking_ledger::{Entry, EntryJson};
use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::asked::{Asked, Asker};
use crate::api::problems::{self, Kind};
use crate::api::query;
use crate::api::recorded::{self, NotIssued};
use crate::api::state::Api;

/// The answer, 200. Only a ledger proves issue: so it says no more than "belongs" but for what a ledger has.
#[derive(Serialize)]
struct Belongs<'a> {
    tracking_number: TrackingNumber,
    verdict: &'static str,
    /// Of a number that the series could have issued.
    #[serde(flatten)]
    of_series: Option<OfSeries<'a>>,
    /// For who may know: what was recorded, or null.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<Option<EntryJson<'a>>>,
}

#[derive(Serialize)]
struct OfSeries<'a> {
    series: &'a str,
    prefix: &'a str,
    reserved_at: String,
}

/// A number that the path has percent-encoded is that number (RFC 3986, section 2.3).
pub(super) fn answer(api: &Arc<Api>, asked: Asked) -> Answer {
    if let Some(refusal) =
        query::unread(&asked.query, "is not read here: the number is in the path")
    {
        return refusal.into();
    }
    let Some(number) = number(&asked.parameter) else {
        return problems::refused_number(Reason::Malformed).into();
    };
    let api = Arc::clone(api);
    Answer::later(async move {
        let Found { verdict, entry } = match found(&api, &asked.asker, number).await {
            Ok(found) => found,
            Err(error) => return error.answer(),
        };
        match (verdict, entry) {
            (Some(Verdict::Belongs(serial)), entry) => belongs(&api, number, Some(serial), entry),
            // It was taken in from elsewhere, or the store knows less than the ledger: that is proof.
            (_, Some(Some(entry))) => belongs(&api, number, None, Some(Some(entry))),
            (Some(Verdict::Refused(reason)), _) => problems::refused_number(reason),
            (None, _) => Kind::Undecided.answer(),
        }
    })
}

/// The number that a part of a path is.
pub(super) fn number(parameter: &str) -> Option<TrackingNumber> {
    percent_decode_str(parameter)
        .decode_utf8()
        .ok()?
        .parse()
        .ok()
}

/// What is known of a number.
pub(super) struct Found {
    /// None where only the store could tell, which cannot be asked.
    pub(super) verdict: Option<Verdict>,
    /// For who may know: what was recorded, if it was.
    pub(super) entry: Option<Option<Entry>>,
}

pub(super) async fn found(
    api: &Api,
    asker: &Asker,
    number: TrackingNumber,
) -> Result<Found, NotIssued> {
    let entry = match api.recording().filter(|_| asker.reads_ledger) {
        None => None,
        Some(desk) => Some(recorded::find(api, desk, number).await?),
    };
    Ok(Found {
        verdict: api.judge(&number).await,
        entry,
    })
}

#[expect(
    clippy::expect_used,
    reason = "it is all strings, and a Vec takes every write"
)]
fn belongs(
    api: &Api,
    tracking_number: TrackingNumber,
    serial: Option<Serial>,
    entry: Option<Option<Entry>>,
) -> Response {
    let zone = api.desk().zone();
    let series = api.series();
    let prefix = series.prefix();
    let of_series = serial.map(|serial| {
        let reserved_at_ms = serial.reserved_at_ms().unsigned_abs();
        OfSeries {
            series: series.name().as_str(),
            prefix: prefix.as_str(),
            reserved_at: Timestamp::new(reserved_at_ms, zone.offset_at(reserved_at_ms)).to_string(),
        }
    });
    let belongs = Belongs {
        tracking_number,
        verdict: match &of_series {
            Some(_) => "belongs",
            None => "recorded",
        },
        of_series,
        record: entry
            .as_ref()
            .map(|entry| entry.as_ref().map(|entry| entry.json(zone))),
    };
    answer::json(serde_json::to_vec(&belongs).expect("a verdict is written to a Vec"))
}
