//! Issuing with a ledger: what a request says beside its order, and numbers that are recorded before they are sent.

use std::time::Duration;

use tokio::time::timeout;
use tracking_core::TrackingNumber;
use tracking_core::generator::Status;
use tracking_core::issued::IssuedMany;
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
}

impl NotIssued {
    pub(crate) fn answer(self) -> Response {
        match self {
            Self::NoNumber(error) => error.answer(),
            Self::NotRecorded => Kind::LedgerUnavailable.answer(),
            Self::KeyReused => Kind::IdempotencyKeyReused.answer(),
        }
    }
}

/// What is recorded of a request beside its order.
pub(crate) fn asking(
    headers: &HeaderMap,
    asker: &Asker,
    wanted: &Wanted<'_>,
) -> Result<Asking, Box<Response>> {
    let token: Option<TokenName> = asker.token.as_deref().and_then(|name| name.parse().ok());
    let claim = key(headers)?.map(|key| {
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
    if claim.is_some() && wanted.count > KEYED_MAX {
        return Err(Kind::KeyedBatchTooLarge.answer().into());
    }
    Ok(Asking {
        reference: wanted.reference.clone(),
        token,
        request_id: asker.id.parse().ok(),
        claim,
    })
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
    let issued = desk.issue_async(wanted.order, wanted.count, asking);
    match timeout(LEDGER_DEADLINE, issued).await {
        Ok(Ok(issued)) => {
            for number in &issued.collided {
                tracing::error!(
                    "the ledger had {number} already, which was issued a second time and given to nobody; is the series in two places at once, or was its store put back?"
                );
            }
            if !issued.is_replay {
                api.issued(issued.numbers.len() as u64);
            }
            Ok(issued)
        }
        Ok(Err(error)) => Err(not_issued(api, &error)),
        // Whichever of the two it was that did not answer.
        Err(_) => match api.desk().generator().status() {
            Status {
                runway: 0,
                error: Some(error),
                ..
            } => Err(NotIssued::NoNumber(api.no_number(&error))),
            _ => Err(too_late(api, desk)),
        },
    }
}

/// Record a part of a long answer, before it is sent.
pub(crate) async fn record(
    api: &Api,
    desk: &RecordingDesk,
    part: &IssuedMany<'_, '_>,
    asking: &Asking,
) -> Result<(), NotIssued> {
    let recorded = desk.record_async(part, asking);
    match timeout(LEDGER_DEADLINE, recorded).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(not_issued(api, &error)),
        Err(_) => Err(too_late(api, desk)),
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

/// For how long nothing new is sent here after a batch could not be recorded: then one more tries.
const REST: Duration = Duration::from_secs(5);

/// Whether the ledger can be asked, and the last batch was recorded. Who asks a ledger that only reads learns it by
/// the second alone; so it is said for a while only.
pub(crate) async fn is_there(desk: &RecordingDesk, within: Duration) -> bool {
    let failed = desk.recorder().status().since_failure;
    if failed.is_some_and(|ago| ago < REST) {
        return false;
    }
    let asked = desk
        .recorder()
        .ask(|ledger| ledger.find(TrackingNumber::BLANK));
    matches!(timeout(within, asked).await, Ok(Ok(_)))
}

fn not_issued(api: &Api, error: &IssueError) -> NotIssued {
    match error {
        IssueError::Allocate(error) => NotIssued::NoNumber(api.no_number(error)),
        IssueError::KeyReused => NotIssued::KeyReused,
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
