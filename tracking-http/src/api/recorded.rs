//! Issuing with a ledger: what a request says beside its order, and numbers that are recorded before they are sent.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracking_core::TrackingNumber;
use tracking_core::generator::Status;
use tracking_core::order::Order;
use tracking_ledger::{
    Asking, Claim, Entry, Fingerprint, IdempotencyKey, IssueError, IssuedAndRecorded, LedgerError,
    ParseNameError, Recording, RecordingDesk, Reference, TokenName,
};
use warp::http::HeaderMap;
use warp::http::header::{HeaderName, HeaderValue};
use warp::reply::Response;

use crate::api::asked::Asker;
use crate::api::problems::{Kind, ParameterError};
use crate::api::state::{Api, NoNumber};

/// The header of a request that may be sent again (draft-ietf-httpapi-idempotency-key-header).
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that was given before.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How long a request waits for the ledger.
const LEDGER_DEADLINE: Duration = Duration::from_secs(2);

/// The most numbers of a request with a key.
pub(crate) const KEYED_MAX: u32 = Recording::NUMBERS_MAX as u32;

/// A request whose order is right.
pub(crate) struct Wanted<'a> {
    /// The name of the endpoint, which is part of the key's fingerprint: it never changes.
    pub(crate) route: &'static str,
    pub(crate) count: u32,
    pub(crate) order: &'a Order,
    pub(crate) reference: Option<Reference>,
}

/// Why numbers that were asked for are not answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum NotIssued {
    NoNumber(NoNumber),
    /// Why is in the log, and not for callers: it names the ledger.
    NotRecorded,
    KeyReused,
    KeyUnderWay,
}

impl NotIssued {
    pub(crate) fn answer(self) -> Response {
        match self {
            Self::NoNumber(error) => error.answer(),
            Self::NotRecorded => Kind::LedgerUnavailable.answer(),
            Self::KeyReused => Kind::IdempotencyKeyReused.answer(),
            Self::KeyUnderWay => Kind::IdempotencyKeyUnderWay.answer(),
        }
    }
}

/// What is recorded of a request beside its order.
pub(crate) fn asking(
    headers: &HeaderMap,
    asker: &Asker,
    wanted: &Wanted<'_>,
) -> Result<Asking, Box<Response>> {
    let asking = asking_by(key(headers)?, asker, wanted);
    if asking.claim.is_some() && wanted.count > KEYED_MAX {
        return Err(Kind::KeyedBatchTooLarge.answer().into());
    }
    Ok(asking)
}

/// [`asking`] of a request that has this key, or none.
pub(crate) fn asking_by(key: Option<IdempotencyKey>, asker: &Asker, wanted: &Wanted<'_>) -> Asking {
    let token: Option<TokenName> = asker.token.as_deref().and_then(|name| name.parse().ok());
    let claim = key.map(|key| {
        let Wanted {
            route,
            count,
            order,
            reference,
        } = wanted;
        Claim {
            scope: token.clone(),
            key,
            fingerprint: Fingerprint::of(route, *count, order, reference.as_ref()),
        }
    });
    Asking {
        reference: wanted.reference.clone(),
        token,
        request_id: asker.id.parse().ok(),
        claim,
    }
}

/// The key of a request, if it has one.
fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Box<Response>> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(first) = given.next() else {
        return Ok(None);
    };
    let wrong = || Box::new(Kind::WrongIdempotencyKey.answer());
    if given.next().is_some() {
        return Err(wrong());
    }
    let text = first.to_str().map_err(|_| wrong())?;
    text.parse().map(Some).map_err(|_| wrong())
}

/// The refusal of what a server without a ledger cannot keep: a key must not vanish silently.
pub(crate) fn refuse_key(headers: &HeaderMap) -> Option<Response> {
    headers
        .contains_key(IDEMPOTENCY_KEY)
        .then(|| Kind::NoLedger.answer())
}

/// What the caller calls the parcel: the value of a parameter `reference`, where an empty one counts as absent.
pub(crate) fn reference(given: &[&str]) -> Result<Option<Reference>, ParameterError> {
    match given {
        [] | [""] => Ok(None),
        [text] => text.parse().map(Some).map_err(|error: ParseNameError| {
            ParameterError::new("reference", "not-a-reference", error.to_string())
        }),
        _ => Err(ParameterError::given_twice("reference")),
    }
}

/// Numbers for a request, recorded; within the deadline.
pub(crate) async fn issue(
    api: &Api,
    desk: &RecordingDesk,
    wanted: &Wanted<'_>,
    asking: Asking,
) -> Result<IssuedAndRecorded, NotIssued> {
    let deadline = sleep(LEDGER_DEADLINE);
    let issued = desk.issue_until(deadline, wanted.order, wanted.count, asking);
    match issued.await {
        Ok(issued) => {
            tell_collided(&issued.collided);
            if !issued.is_replay {
                api.issued(issued.numbers.len() as u64);
            }
            Ok(issued)
        }
        // Whichever of the two it was that did not answer.
        Err(IssueError::TooLate) => match api.desk().generator().status() {
            Status {
                runway: 0,
                error: Some(error),
                ..
            } => Err(NotIssued::NoNumber(api.no_number(&error))),
            _ => Err(too_late(api, desk)),
        },
        Err(error) => Err(not_issued(api, &error)),
    }
}

/// Record a part of a long answer, before it is sent. Numbers that the ledger has already become others.
pub(crate) async fn record(
    api: &Api,
    desk: &RecordingDesk,
    numbers: &mut [TrackingNumber],
    at_ms: i64,
    order: &Order,
    asking: &Asking,
) -> Result<(), NotIssued> {
    let recorded = desk.record_async(numbers, at_ms, order, asking);
    match timeout(LEDGER_DEADLINE, recorded).await {
        Ok(Ok(collided)) => {
            tell_collided(&collided);
            Ok(())
        }
        Ok(Err(error)) => Err(not_issued(api, &error)),
        Err(_) => Err(too_late(api, desk)),
    }
}

/// Tell the operator of each number that was issued twice.
fn tell_collided(numbers: &[TrackingNumber]) {
    for number in numbers {
        tracing::error!(
            "the ledger had {number} already, which was issued a second time and given to nobody; is the series in two places at once, or was its store put back?"
        );
    }
}

/// What the ledger holds of a number.
pub(crate) async fn find(
    api: &Api,
    desk: &RecordingDesk,
    number: TrackingNumber,
) -> Result<Option<Entry>, NotIssued> {
    let found = desk.recorder().ask(move |ledger| ledger.find(number));
    match timeout(LEDGER_DEADLINE, found).await {
        Ok(Ok(entry)) => Ok(entry),
        Ok(Err(error)) => Err(not_recorded(api, &error)),
        Err(_) => Err(too_late(api, desk)),
    }
}

fn not_issued(api: &Api, error: &IssueError) -> NotIssued {
    match error {
        IssueError::Allocate(error) => NotIssued::NoNumber(api.no_number(error)),
        IssueError::KeyReused => NotIssued::KeyReused,
        IssueError::KeyUnderWay => NotIssued::KeyUnderWay,
        IssueError::Ledger(error) => not_recorded(api, error),
        IssueError::Collided { .. } => {
            tracing::error!("{error}");
            NotIssued::NotRecorded
        }
        error => {
            if api.may_log_of_ledger() {
                tracing::error!("nothing could be recorded: {error}");
            }
            NotIssued::NotRecorded
        }
    }
}

pub(crate) fn not_recorded(api: &Api, error: &LedgerError) -> NotIssued {
    // Thousands of requests may fail for the same reason in the same second.
    if api.may_log_of_ledger() {
        tracing::warn!("{error}");
    }
    NotIssued::NotRecorded
}

pub(crate) fn too_late(api: &Api, desk: &RecordingDesk) -> NotIssued {
    if api.may_log_of_ledger() {
        let ledger = desk.recorder().ledger();
        tracing::warn!("the ledger {ledger} did not answer in time");
    }
    NotIssued::NotRecorded
}

/// Say that an answer was given before.
pub(crate) fn mark_replay(answer: &mut Response) {
    let replayed = HeaderValue::from_static("true");
    answer.headers_mut().insert(IDEMPOTENT_REPLAYED, replayed);
}
