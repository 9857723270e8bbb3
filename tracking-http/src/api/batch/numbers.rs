//! The numbers of an answer, made while they are sent: never more than a chunk at once.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::Bytes;
use tracking_core::TrackingNumber;
use tracking_core::issued::{Issued, IssuedMany, Zone};
use tracking_core::order::Order;
use tracking_ledger::{Asking, IssuedAndRecorded, RecordingDesk};
use warp::Stream;
use warp::http::StatusCode;
use warp::http::header::{CONTENT_LENGTH, HeaderValue};
use warp::reply::{Reply, Response};

use super::form::Form;
use super::request::Request;
use crate::api::answer;
use crate::api::asked::Asker;
use crate::api::problems::Kind;
use crate::api::recorded::{self, NotIssued};
use crate::api::state::Api;
use crate::api::turns::Place;

/// About how many bytes are made at once. While they are, other requests wait for this thread.
const CHUNK_LENGTH: usize = 64 * 1024;

/// The most numbers that are taken at once.
const CHUNK_NUMBERS_MAX: usize = 4_096;

/// The body of an answer. It makes a chunk only when the connection has sent the last ones.
pub(super) struct Numbers {
    length: u64,
    first: Option<Bytes>,
    state: State,
}

enum State {
    Idle(Box<Chunks>),
    Busy(Pin<Box<dyn Future<Output = Made> + Send + Sync>>),
    Done,
}

type Made = (Chunks, Result<Bytes, NotIssued>);

impl Numbers {
    /// Takes the first numbers, so that what answers 200 has some. The error is the answer otherwise.
    pub(super) async fn begin(
        api: Arc<Api>,
        form: Form,
        request: &Request,
        issued_at_ms: i64,
        recording: Option<(Arc<RecordingDesk>, Asking)>,
        asker: Asker,
    ) -> Result<Self, Box<Response>> {
        let issued = Issued {
            number: TrackingNumber::BLANK,
            at_ms: issued_at_ms,
            order: &request.order,
            zone: api.desk().zone(),
        };
        let frame = Frame::new(form, &issued);
        let record = recording.map(|(desk, asking)| Record {
            desk,
            asking,
            order: request.order.clone(),
            at_ms: issued_at_ms,
        });
        let mut maker = Chunks::new(api, frame, request.count, record, asker);
        let is_long = maker.rest as usize > maker.numbers.len();
        let (maker, first) = if is_long {
            maker.place = maker.api.turns().enter();
            if maker.place.is_none() {
                return Err(Kind::TooManyBatches.answer().into());
            }
            maker.next_chunk().await
        } else {
            let first = maker.chunk().await;
            (maker, first)
        };
        match first {
            Ok(first) => Ok(Self {
                length: maker.length(),
                first: Some(first),
                state: State::Idle(Box::new(maker)),
            }),
            Err(error) => Err(error.answer().into()),
        }
    }

    /// The length is declared: an answer that breaks off can't be taken for a whole one.
    pub(super) fn into_answer(self, form: Form) -> Response {
        let length = HeaderValue::from(self.length);
        let mut answer = answer::headed(
            warp::reply::stream(self).into_response(),
            StatusCode::OK,
            form.content_type(),
        );
        answer.headers_mut().insert(CONTENT_LENGTH, length);
        answer
    }
}

impl Stream for Numbers {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let mut making = match std::mem::replace(&mut self.state, State::Done) {
            State::Idle(maker) if maker.rest > 0 => Box::pin(maker.next_chunk()),
            State::Busy(making) => making,
            State::Idle(_) | State::Done => return Poll::Ready(None),
        };
        match making.as_mut().poll(context) {
            Poll::Pending => {
                self.state = State::Busy(making);
                Poll::Pending
            }
            Poll::Ready((maker, Ok(chunk))) => {
                self.state = State::Idle(Box::new(maker));
                Poll::Ready(Some(Ok(chunk)))
            }
            // The connection is closed without the rest.
            Poll::Ready((chunks, Err(_))) => {
                let Asker { id, token, .. } = &chunks.asker;
                tracing::warn!(%id, token = token.as_deref(), rest = chunks.rest, "a batch was broken off: {BrokenOff}");
                Poll::Ready(Some(Err(BrokenOff)))
            }
        }
    }
}

/// Why an answer was not sent to its end.
#[derive(Debug, thiserror::Error)]
#[error("no more numbers could be reserved or recorded")]
pub(super) struct BrokenOff;

/// How each chunk is recorded, before it is sent.
struct Record {
    desk: Arc<RecordingDesk>,
    asking: Asking,
    order: Order,
    at_ms: i64,
}

/// Makes the chunks one by one.
struct Chunks {
    api: Arc<Api>,
    record: Option<Record>,
    asker: Asker,
    /// Of a long answer.
    place: Option<Place>,
    frame: Frame,
    begun: bool,
    count: u32,
    /// How many numbers are still to be made.
    rest: u32,
    numbers: Vec<TrackingNumber>,
    number_length: usize,
}

impl Chunks {
    fn new(api: Arc<Api>, frame: Frame, count: u32, record: Option<Record>, asker: Asker) -> Self {
        let number_length = number_length(&api);
        let at_once = CHUNK_LENGTH / (number_length + frame.between.len());
        let at_once = at_once.clamp(1, CHUNK_NUMBERS_MAX).min(count as usize);
        Self {
            api,
            record,
            asker,
            place: None,
            frame,
            begun: false,
            count,
            rest: count,
            numbers: vec![TrackingNumber::BLANK; at_once],
            number_length,
        }
    }

    /// All bytes of the answer.
    fn length(&self) -> u64 {
        let bytes = |length: usize| length as u64;
        let Frame {
            before,
            between,
            after,
        } = &self.frame;
        bytes(before.len())
            + u64::from(self.count) * bytes(self.number_length)
            + u64::from(self.count - 1) * bytes(between.len())
            + bytes(after.len())
    }

    /// Clients that read fast must not keep this thread from others: each part waits for its turn.
    async fn next_chunk(mut self) -> Made {
        let api = Arc::clone(&self.api);
        let mut turn = Some(api.turns().turn().await);
        let chunk = {
            let mut chunk = pin!(self.chunk());
            poll_fn(|context| {
                let made = chunk.as_mut().poll(context);
                // Who must wait for numbers keeps nobody waiting.
                turn = None;
                made
            })
            .await
        };
        (self, chunk)
    }

    async fn chunk(&mut self) -> Result<Bytes, NotIssued> {
        let wanted = self.numbers.len().min(self.rest as usize);
        let taken = self.api.numbers_soon(&mut self.numbers[..wanted]).await;
        let taken = taken.map_err(NotIssued::NoNumber)?;
        if let Some(record) = &self.record {
            let part = IssuedMany {
                numbers: &self.numbers[..taken],
                // What is made later is listed as that.
                at_ms: match self.begun {
                    true => self.api.desk().now_ms().max(record.at_ms),
                    false => record.at_ms,
                },
                order: &record.order,
                zone: self.api.desk().zone(),
            };
            recorded::record(&self.api, &record.desk, &part, &record.asking).await?;
        }
        self.api.issued(taken as u64);
        self.rest -= taken as u32;
        let Frame {
            before,
            between,
            after,
        } = &self.frame;
        let room = before.len() + taken * (self.number_length + between.len()) + after.len();
        let mut chunk = Vec::with_capacity(room);
        for number in &self.numbers[..taken] {
            chunk.extend_from_slice(if self.begun { between } else { before });
            self.begun = true;
            chunk.extend_from_slice(number.as_bytes());
        }
        if self.rest == 0 {
            chunk.extend_from_slice(after);
        }
        Ok(chunk.into())
    }
}

/// An answer whose numbers are all there.
pub(super) fn whole(form: Form, order: &Order, zone: Zone, issued: &IssuedAndRecorded) -> Response {
    let any = Issued {
        number: TrackingNumber::BLANK,
        at_ms: issued.at_ms,
        order,
        zone,
    };
    let Frame {
        before,
        between,
        after,
    } = Frame::new(form, &any);
    let numbers = issued.numbers.iter().map(TrackingNumber::as_bytes);
    let numbers: Vec<&[u8]> = numbers.collect();
    let body = [before, numbers.join(&between[..]), after].concat();
    let mut answer = answer::of(body, form.content_type());
    if issued.is_replay {
        recorded::mark_replay(&mut answer);
    }
    answer
}

/// Of every number of the series: its prefix, 12 characters and the check character.
fn number_length(api: &Api) -> usize {
    api.series().prefix().as_str().len() + 13
}

/// What stands around the numbers.
struct Frame {
    before: Vec<u8>,
    between: Vec<u8>,
    after: Vec<u8>,
}

impl Frame {
    /// `issued` has any number.
    fn new(form: Form, issued: &Issued<'_>) -> Self {
        match form {
            Form::Json => Self {
                before: b"{\"tracking_numbers\":[\"".to_vec(),
                between: b"\",\"".to_vec(),
                after: format!("\"],\"created_at\":\"{}\"}}", issued.created_at()).into(),
            },
            Form::Ndjson => {
                let mut line = Vec::new();
                issued.write_json(&mut line);
                line.push(b'\n');
                let mut number = line.split_off(b"{\"tracking_number\":\"".len());
                let after = number.split_off(issued.number.as_bytes().len());
                Self {
                    between: [&after[..], &line].concat(),
                    before: line,
                    after,
                }
            }
            Form::Text => Self {
                before: Vec::new(),
                between: b"\n".to_vec(),
                after: b"\n".to_vec(),
            },
        }
    }
}
