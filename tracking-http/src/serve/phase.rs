//! One connection's clock: what it waits for, for how long it may, and what it is told.
//!
//! hyper's own time-out sets and clears a timer for every request, which costs a tenth of all the
//! work on it. Here a request costs two stores: the accept loop looks through the connections once
//! in a while, and wakes those whose time has passed.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tracking_core::{Clock, SystemClock};

use crate::call::handler::Holder;
use crate::serve::limits::Limits;
use crate::serve::raw_heads::RawHeads;

/// A connection's place among those that may be open.
pub(crate) type Place = OwnedSemaphorePermit;

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Command {
    /// Go on.
    Serve,
    /// Go on, and say with the next answer that it was the last.
    Drain,
    /// Answer the request in flight, if there is one, and end.
    Finish,
    /// End.
    Close,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// The first byte of the first request.
    New,
    /// The rest of a request's head.
    Head,
    /// The rest of its body.
    Body,
    /// Our answer.
    Busy,
    /// The next request; its answer is made, and nothing of it is written yet.
    Answered,
    /// The next request, or our answer's way to the client.
    Idle,
    /// The client, to read more of an answer.
    Blocked,
}

/// What a connection waits for of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Awaited {
    /// To send the whole of a request.
    Request,
    /// To send the next one.
    Next,
    /// To read more of an answer.
    Reading,
}

/// How long each phase may last, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    read_ms: u64,
    idle_ms: u64,
    answer_ms: u64,
}

impl From<&Limits> for Patience {
    fn from(limits: &Limits) -> Self {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            read_ms: ms(limits.read_timeout),
            idle_ms: ms(limits.idle_timeout),
            answer_ms: ms(limits.answer_timeout),
        }
    }
}

/// The server's hold on one connection. Times are in milliseconds of a monotonic clock.
#[derive(Debug)]
pub(crate) struct Control {
    patience: Patience,
    /// Written by the connection's own task alone.
    phase: AtomicU8,
    /// When the connection is closed unless the phase has ended.
    deadline_ms: AtomicU64,
    command: AtomicU8,
    /// Whether the client may still be sending when the connection ends.
    refused_midway: AtomicBool,
    /// What the parser does not tell of the requests.
    pub(crate) heads: RawHeads,
    waker: Mutex<Option<Waker>>,
    /// Dropped with the connection: with the last of them, all have ended.
    _alive: mpsc::Sender<()>,
    /// Its place among the connections that may be open, unless the server ends.
    _place: Option<Place>,
    holder: Holder,
}

// Relaxed, all of these: what they write guards nothing, and a deadline that is seen late is seen at the
// next look.
impl Control {
    /// A new connection, which awaits its first request.
    pub(super) fn new(
        patience: Patience,
        holder: Holder,
        place: Option<Place>,
        alive: mpsc::Sender<()>,
    ) -> Self {
        Self {
            patience,
            phase: (Phase::New as u8).into(),
            deadline_ms: after(patience.read_ms).into(),
            command: (Command::Serve as u8).into(),
            refused_midway: false.into(),
            heads: RawHeads::default(),
            waker: Mutex::new(None),
            _alive: alive,
            _place: place,
            holder,
        }
    }

    pub(super) fn holder(&self) -> Holder {
        self.holder
    }

    pub(super) fn is_overdue(&self, now_ms: u64) -> bool {
        self.deadline_ms.load(Ordering::Relaxed) <= now_ms
    }

    pub(super) fn enter(&self, phase: Phase, deadline_ms: u64) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.deadline_ms.store(deadline_ms, Ordering::Relaxed);
    }

    fn is(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    /// Bytes came in.
    pub(crate) fn read(&self) {
        // Those of a head or a body that has begun gain it no time.
        if self.is(Phase::New) {
            // A head may take as long from the beginning of the connection.
            self.phase.store(Phase::Head as u8, Ordering::Relaxed);
        } else if self.awaits() {
            self.enter(Phase::Head, after(self.patience.read_ms));
        }
    }

    /// What it waits for of its client, if it does, and since when.
    pub(super) fn waiting(&self) -> Option<(Awaited, u64)> {
        let (awaited, patience_ms) = if self.awaits() {
            (Awaited::Next, self.patience.idle_ms)
        } else if self.is(Phase::New) || self.is(Phase::Head) || self.is(Phase::Body) {
            (Awaited::Request, self.patience.read_ms)
        } else if self.is(Phase::Blocked) {
            (Awaited::Reading, self.patience.read_ms)
        } else {
            return None;
        };
        let deadline_ms = self.deadline_ms.load(Ordering::Relaxed);
        Some((awaited, deadline_ms.saturating_sub(patience_ms)))
    }

    pub(super) fn is_ending(&self) -> bool {
        self.command.load(Ordering::Relaxed) >= Command::Finish as u8
    }

    /// Whether no answer of ours is on its way: what is written now, HTTP's parser says by itself.
    pub(crate) fn has_no_answer(&self) -> bool {
        self.is(Phase::New) || self.is(Phase::Head) || self.is(Phase::Idle)
    }

    fn awaits(&self) -> bool {
        self.is(Phase::Idle) || self.is(Phase::Answered)
    }

    /// A request's head is there, or its body.
    pub(crate) fn busy(&self) {
        // Counted from the deadline before: that spares a look at the clock.
        let deadline_ms = self.deadline_ms.load(Ordering::Relaxed);
        let deadline_ms = deadline_ms.saturating_add(self.patience.answer_ms);
        self.enter(Phase::Busy, deadline_ms);
    }

    /// The request has a body, which must be read first.
    pub(crate) fn body_awaited(&self) {
        self.enter(Phase::Body, after(self.patience.read_ms));
    }

    /// The answer is on its way, and the next request is awaited.
    pub(crate) fn answered(&self) {
        let patience_ms = if self.is_refused_midway() {
            self.patience.read_ms
        } else {
            self.patience.idle_ms
        };
        self.enter(Phase::Answered, after(patience_ms));
    }

    /// The answer does not go out, since the client does not read.
    pub(crate) fn write_blocked(&self) {
        if self.awaits() {
            self.enter(Phase::Blocked, after(self.patience.read_ms));
        }
    }

    /// Some of the answer went out. Nobody who reads on is cut off, however long an answer takes, and
    /// also where the beginning of the next request was read meanwhile.
    pub(crate) fn wrote(&self) {
        if self.is(Phase::Answered) {
            // Nearly always that was all, and the clock was looked at just now.
            self.phase.store(Phase::Idle as u8, Ordering::Relaxed);
        } else if self.is(Phase::Head) {
            self.enter(Phase::Head, after(self.patience.read_ms));
        } else if !self.is(Phase::Body) && !self.is(Phase::Busy) {
            self.answered();
        }
    }

    /// A request was answered before all of it came, and the connection ends with that.
    pub(crate) fn refuse_midway(&self) {
        self.refused_midway.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_refused_midway(&self) -> bool {
        self.refused_midway.load(Ordering::Relaxed)
    }

    /// Whether the next answer is the last.
    pub(crate) fn is_draining(&self) -> bool {
        self.command.load(Ordering::Relaxed) != Command::Serve as u8
    }

    /// What to do; `waker` is woken when that changes.
    pub(crate) fn command(&self, waker: &Waker) -> Command {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
        // Read under the lock: an command that comes later finds the waker.
        match self.command.load(Ordering::Relaxed) {
            command if command == Command::Serve as u8 => Command::Serve,
            command if command == Command::Drain as u8 => Command::Drain,
            command if command == Command::Finish as u8 => Command::Finish,
            _ => Command::Close,
        }
    }

    pub(super) fn tell(&self, command: Command) {
        self.command.fetch_max(command as u8, Ordering::Relaxed);
        let waker = self
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A time from now, by the monotonic clock.
fn after(ms: u64) -> u64 {
    SystemClock.monotonic_ms().saturating_add(ms)
}

#[cfg(test)]
mod tests;
