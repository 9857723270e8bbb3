//! The one place where a number is issued and recorded: before anybody sees it.

mod error;
mod many;

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tracking_core::order::Order;
use tracking_core::{AllocateError, Desk, TrackingNumber};

pub use self::error::IssueError;
use crate::key::Claim;
use crate::names::{Reference, RequestId, TokenName};
use crate::recorder::Recorder;
use crate::recording::{KeyState, Recorded, Recording, RecordingError, Replay};
use crate::under_way::{Turn, UnderWay};

/// How often fresh numbers are taken in the place of some that the ledger has already.
const TRIES: usize = 3;

/// A [`Desk`] whose numbers are in a ledger before anybody sees them. Clones share what is reserved, and the
/// recorder.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::time::Duration;
///
/// use tracking_core::order::Order;
/// use tracking_core::{Desk, Generator, MemoryAllocator};
/// use tracking_ledger::{Asking, LedgerOptions, Recorder, RecordingDesk, open_ledger};
///
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
/// let ledger = open_ledger(&url.parse()?, &LedgerOptions::default())?.expect("it is not `none`");
/// let desk = Desk::new(Generator::new(MemoryAllocator::new()));
/// let desk = RecordingDesk::new(desk, Recorder::start(ledger)?);
///
/// let order = Order::default();
/// let parcel = Asking { reference: Some("PO-4711".parse()?), ..Asking::default() };
/// let issued = desk.issue(&order, 2, parcel, Duration::from_secs(2))?;
/// let found = desk.recorder().ledger().find(issued.numbers[1])?;
/// assert_eq!(found.and_then(|entry| entry.reference), Some("PO-4711".parse()?));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordingDesk {
    desk: Desk,
    recorder: Recorder,
    under_way: Arc<UnderWay>,
}

/// What is recorded of a request beside its order.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// What the caller calls the parcel.
    pub reference: Option<Reference>,
    /// The name of the token that asks.
    pub token: Option<TokenName>,
    /// The id of the request.
    pub request_id: Option<RequestId>,
    /// Its idempotency key: asked again with the same one, it is answered the same.
    pub claim: Option<Claim>,
}

/// Numbers that were issued and recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedAndRecorded {
    /// The numbers.
    pub numbers: Vec<TrackingNumber>,
    /// When they were issued: milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// Whether that was before, for a request with the same idempotency key.
    pub is_replay: bool,
    /// Numbers that the ledger had already, which were taken first and given to nobody: they were issued a second
    /// time. None, unless the series is in two places at once or its store was put back.
    pub collided: Vec<TrackingNumber>,
}

impl From<Replay> for IssuedAndRecorded {
    fn from(replay: Replay) -> Self {
        Self {
            numbers: replay.numbers,
            at_ms: replay.issued_at_ms,
            is_replay: true,
            collided: Vec::new(),
        }
    }
}

/// What follows what a ledger said of a recording.
enum Next {
    Answer(IssuedAndRecorded),
    /// Take fresh numbers: these were issued twice.
    Again(Vec<TrackingNumber>),
}

impl RecordingDesk {
    /// A desk that records by this recorder.
    pub fn new(desk: Desk, recorder: Recorder) -> Self {
        Self {
            desk,
            recorder,
            under_way: Arc::default(),
        }
    }

    /// What it issues from.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// What it records by.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Issue 1 to 1,000 numbers for an order, and record them. Blocks: for the store no longer than the generator's
    /// deadline, and no longer than `within` each time that the ledger is asked.
    ///
    /// # Errors
    /// [`IssueError`]. Nothing was issued then, though the ledger may have recorded numbers that nobody has got.
    pub fn issue(
        &self,
        order: &Order,
        count: u32,
        asking: Asking,
        within: Duration,
    ) -> Result<IssuedAndRecorded, IssueError> {
        check_count(count)?;
        let turn = self.turn(&asking);
        if let Some(claim) = asking.claim.clone() {
            let asked = self.recorder.replay(claim);
            if let Some(answer) = answered_before(asked.wait(within)?)? {
                return Ok(answer);
            }
        }
        let mut collided = Vec::new();
        for _ in 0..TRIES {
            let mut numbers = vec![TrackingNumber::BLANK; count as usize];
            self.desk.generator().fill(&mut numbers)?;
            let recording = self.recording(numbers, order, &asking, turn.as_ref())?;
            let recorded = self.recorder.record(recording.clone(), within)?;
            match next(recording, recorded)? {
                Next::Answer(answer) => return Ok(IssuedAndRecorded { collided, ..answer }),
                Next::Again(numbers) => collided.extend(numbers),
            }
        }
        Err(collision(&collided))
    }

    /// [`issue`](Self::issue), for callers that must not block. It needs no particular runtime, and has no deadline of
    /// its own beyond the generator's: wrap it in your runtime's time-out.
    ///
    /// # Errors
    /// As [`issue`](Self::issue).
    pub async fn issue_async(
        &self,
        order: &Order,
        count: u32,
        asking: Asking,
    ) -> Result<IssuedAndRecorded, IssueError> {
        self.issue_until(pending(), order, count, asking).await
    }

    /// [`issue_async`](Self::issue_async) until the deadline, such as a sleep of your runtime's. It knows then whether
    /// it waited for another request with the same key.
    ///
    /// # Errors
    /// As [`issue`](Self::issue); and when the deadline is over, [`IssueError::KeyUnderWay`] or
    /// [`IssueError::TooLate`].
    pub async fn issue_until(
        &self,
        deadline: impl Future<Output = ()>,
        order: &Order,
        count: u32,
        asking: Asking,
    ) -> Result<IssuedAndRecorded, IssueError> {
        let turn = self.turn(&asking);
        let mut deadline = pin!(deadline);
        let mut issued = pin!(self.issue_in(turn.as_ref(), order, count, asking));
        poll_fn(|context| match issued.as_mut().poll(context) {
            Poll::Pending => deadline.as_mut().poll(context).map(|()| {
                Err(match &turn {
                    Some(turn) if turn.is_behind_another() => IssueError::KeyUnderWay,
                    _ => IssueError::TooLate,
                })
            }),
            ready => ready,
        })
        .await
    }

    async fn issue_in(
        &self,
        turn: Option<&Arc<Turn>>,
        order: &Order,
        count: u32,
        asking: Asking,
    ) -> Result<IssuedAndRecorded, IssueError> {
        check_count(count)?;
        if let Some(claim) = asking.claim.clone()
            && let Some(answer) = answered_before(self.recorder.replay(claim).await?)?
        {
            return Ok(answer);
        }
        let mut collided = Vec::new();
        for _ in 0..TRIES {
            let numbers = self.take(count).await?;
            let recording = self.recording(numbers, order, &asking, turn)?;
            let recorded = self.recorder.submit(recording.clone()).await?;
            match next(recording, recorded)? {
                Next::Answer(answer) => return Ok(IssuedAndRecorded { collided, ..answer }),
                Next::Again(numbers) => collided.extend(numbers),
            }
        }
        Err(collision(&collided))
    }

    async fn take(&self, count: u32) -> Result<Vec<TrackingNumber>, AllocateError> {
        let generator = self.desk.generator();
        let mut numbers = vec![TrackingNumber::BLANK; count as usize];
        let mut taken = 0;
        while taken < numbers.len() {
            match generator.try_fill(&mut numbers[taken..]) {
                Ok(more) => taken += more,
                Err(_) => generator.ready().await?,
            }
        }
        Ok(numbers)
    }

    fn recording(
        &self,
        numbers: Vec<TrackingNumber>,
        order: &Order,
        asking: &Asking,
        turn: Option<&Arc<Turn>>,
    ) -> Result<Recording, RecordingError> {
        let recording = Recording::new(numbers, self.desk.now_ms(), order.clone())?;
        let recording = of(recording, asking).with_claim(asking.claim.clone());
        Ok(recording.in_turn(turn))
    }

    /// The turn of a request with a key, which this process then knows to be under way.
    fn turn(&self, asking: &Asking) -> Option<Arc<Turn>> {
        let claim = asking.claim.as_ref();
        claim.map(|claim| self.under_way.enter(claim))
    }
}

/// With what is recorded of a request beside its order, but for its key.
fn of(recording: Recording, asking: &Asking) -> Recording {
    recording
        .with_reference(asking.reference.clone())
        .with_token(asking.token.clone())
        .with_request_id(asking.request_id.clone())
}

/// Before anything is made of a size that a caller names.
fn check_count(count: u32) -> Result<(), RecordingError> {
    let found = count as usize;
    match (1..=Recording::NUMBERS_MAX).contains(&found) {
        true => Ok(()),
        false => Err(RecordingError::Count { found }),
    }
}

fn answered_before(state: KeyState) -> Result<Option<IssuedAndRecorded>, IssueError> {
    match state {
        KeyState::New => Ok(None),
        KeyState::Replayed(replay) => Ok(Some(replay.into())),
        KeyState::Reused => Err(IssueError::KeyReused),
    }
}

fn next(recording: Recording, recorded: Recorded) -> Result<Next, IssueError> {
    match recorded {
        Recorded::New => Ok(Next::Answer(IssuedAndRecorded {
            numbers: recording.numbers().to_vec(),
            at_ms: recording.issued_at_ms(),
            is_replay: false,
            collided: Vec::new(),
        })),
        // Another request with the key was quicker. What was taken for this one becomes a gap.
        Recorded::Replayed(replay) => Ok(Next::Answer(replay.into())),
        Recorded::KeyReused => Err(IssueError::KeyReused),
        Recorded::Collided(numbers) => Ok(Next::Again(numbers)),
    }
}

fn collision(numbers: &[TrackingNumber]) -> IssueError {
    let number = numbers.first().copied().unwrap_or(TrackingNumber::BLANK);
    IssueError::Collided { number }
}

#[cfg(test)]
mod tests;
