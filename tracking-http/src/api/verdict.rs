//! The verdict on a number: whether the series could have issued it.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::Serialize;
use tracking_core::issued::Timestamp;
use tracking_core::{Reason, Serial, TrackingNumber, Verdict};
use warp::reply::Response;

use crate::api::answer::{self, Answer};
use crate::api::asked::Asked;
use crate::api::problems::{self, Kind};
use crate::api::query;
use crate::api::state::Api;

/// The answer, 200. Only a ledger proves issue: so it never says "issued".
#[derive(Serialize)]
struct Belongs<'a> {
    tracking_number: TrackingNumber,
    verdict: &'static str,
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
    let decoded = percent_decode_str(&asked.parameter).decode_utf8();
    let Some(Ok(number)) = decoded.ok().map(|number| number.parse::<TrackingNumber>()) else {
        return problems::refused_number(Reason::Malformed).into();
    };
    let api = Arc::clone(api);
    Answer::later(async move {
        match api.judge(&number).await {
            Some(Verdict::Belongs(serial)) => belongs(&api, number, serial),
            Some(Verdict::Refused(reason)) => problems::refused_number(reason),
            None => Kind::Undecided.answer(),
        }
    })
}

#[expect(
    clippy::expect_used,
    reason = "it is all strings, and a Vec takes every write"
)]
fn belongs(api: &Api, tracking_number: TrackingNumber, serial: Serial) -> Response {
    let reserved_at_ms = serial.reserved_at_ms().unsigned_abs();
    let series = api.series();
    let prefix = series.prefix();
    let belongs = Belongs {
        tracking_number,
        verdict: "belongs",
        series: series.name().as_str(),
        prefix: prefix.as_str(),
        reserved_at: Timestamp::new(reserved_at_ms, api.desk().zone().offset_at(reserved_at_ms))
            .to_string(),
    };
    answer::json(serde_json::to_vec(&belongs).expect("a verdict is written to a Vec"))
}
