//! How the server tells its connections to end: those that idle, and all of them when it ends itself.
//!
//! hyper's own time-out sets and clears a timer for every request, which costs a tenth of all the
//! work on it. Here a request costs two stores: the accept loop looks through the connections once
//! in a while, and wakes those whose time has passed.

mod making_room;

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, sleep_until};
use tracking_core::{Clock, SystemClock};

use self::making_room::{Press, Waiting, choose, longest};
use crate::serve::limits::Limits;
use crate::serve::raw_heads::RawHeads;
use crate::serve::room::{Holder, Place};

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Order {
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
enum Phase {
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
enum Awaited {
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
    order: AtomicU8,
    /// Whether the client may still be sending when the connection ends.
    refused_midway: AtomicBool,
    /// What the parser does not tell of the requests.
    pub(crate) heads: RawHeads,
    waker: Mutex<Option<Waker>>,
    /// Dropped with the last connection, which ends [`Controls::ended`].
    _alive: mpsc::Sender<()>,
    /// Its place among the connections that may be open, unless the server ends.
    _place: Option<Place>,
    holder: Holder,
}

// Relaxed, all of these: what they write guards nothing, and a deadline that is seen late is seen at the
// next look.
impl Control {
    fn enter(&self, phase: Phase, deadline_ms: u64) {
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

    /// What it waits for of its client, if it does.
    fn waiting(&self) -> Option<(Awaited, Waiting)> {
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
        let waiting = Waiting {
            holder: self.holder,
            since_ms: deadline_ms.saturating_sub(patience_ms),
        };
        Some((awaited, waiting))
    }

    fn is_ending(&self) -> bool {
        self.order.load(Ordering::Relaxed) >= Order::Finish as u8
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

    /// A request was refused before all of it came, and the connection ends with that.
    pub(crate) fn refuse_midway(&self) {
        self.refused_midway.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_refused_midway(&self) -> bool {
        self.refused_midway.load(Ordering::Relaxed)
    }

    /// Whether the next answer is the last.
    pub(crate) fn is_draining(&self) -> bool {
        self.order.load(Ordering::Relaxed) != Order::Serve as u8
    }

    /// What to do; `waker` is woken when that changes.
    pub(crate) fn order(&self, waker: &Waker) -> Order {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
        // Read under the lock: an order that comes later finds the waker.
        match self.order.load(Ordering::Relaxed) {
            order if order == Order::Serve as u8 => Order::Serve,
            order if order == Order::Drain as u8 => Order::Drain,
            order if order == Order::Finish as u8 => Order::Finish,
            _ => Order::Close,
        }
    }

    fn tell(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::Relaxed);
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

/// The controls of all connections.
#[derive(Debug)]
pub(crate) struct Controls {
    all: Vec<Weak<Control>>,
    patience: Patience,
    alive: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Controls {
    pub(crate) fn new(patience: Patience) -> Self {
        let (alive, ended) = mpsc::channel(1);
        Self {
            all: Vec::new(),
            patience,
            alive,
            ended,
        }
    }

    /// The control of a new connection, which awaits its first request.
    pub(crate) fn add(&mut self, holder: Holder, place: Option<Place>) -> Arc<Control> {
        let control = Arc::new(Control {
            patience: self.patience,
            phase: (Phase::New as u8).into(),
            deadline_ms: after(self.patience.read_ms).into(),
            order: (Order::Serve as u8).into(),
            refused_midway: false.into(),
            heads: RawHeads::default(),
            waker: Mutex::new(None),
            _alive: self.alive.clone(),
            _place: place,
            holder,
        });
        self.all.push(Arc::downgrade(&control));
        control
    }

    /// Close the connections whose time has passed, and forget those that have ended.
    pub(crate) fn close_overdue(&mut self, now_ms: u64) {
        self.all.retain(|control| {
            let Some(control) = control.upgrade() else {
                return false;
            };
            if control.deadline_ms.load(Ordering::Relaxed) <= now_ms {
                control.tell(Order::Close);
            }
            true
        });
    }

    /// End connections that wait for their clients, so that these newcomers find a place. First those of which
    /// no whole request is there, then those that wait for their next one the longest, then those whose clients
    /// read no more of an answer. `is_crowded` is whether there is no room left for newcomers to wait in.
    pub(crate) fn make_room(&self, newcomers: &[Holder], is_crowded: bool, now_ms: u64) {
        let mut ending = 0;
        let mut for_whom = [const { (Vec::new(), Vec::new()) }; 3];
        for control in self.all.iter().filter_map(Weak::upgrade) {
            if control.is_ending() {
                ending += 1;
            } else if let Some((awaited, waiting)) = control.waiting() {
                let (controls, all) = &mut for_whom[awaited as usize];
                controls.push(control);
                all.push(waiting);
            }
        }
        let [(unfinished, waiting), (idle, idling), (blocked, stuck)] = for_whom;
        let having = |holder: Holder| {
            let of_holder = |other: &&Waiting| holder.is_some() && other.holder == holder;
            waiting.iter().filter(of_holder).count()
        };
        let mut press = Press {
            now_ms,
            missing: newcomers.len().saturating_sub(ending),
            newcomers_share: newcomers.iter().copied().map(having).min(),
            is_crowded,
        };
        let tell = |controls: &[Arc<Control>], chosen: Vec<usize>, order| {
            for index in &chosen {
                controls[*index].tell(order);
            }
            chosen.len()
        };
        press.missing -= tell(&unfinished, choose(&waiting, press), Order::Close);
        let idle = tell(&idle, longest(&idling, press), Order::Finish);
        press = Press {
            missing: press.missing.saturating_sub(idle),
            newcomers_share: None,
            is_crowded: false,
            ..press
        };
        tell(&blocked, choose(&stuck, press), Order::Close);
    }

    /// End all of them: those that await a request after `linger`, so that a client who is just sending
    /// one is answered, and after `drain_timeout` every one.
    ///
    /// Who is in the middle of many requests learns from an answer that no more are taken here. So it
    /// never sends one into a connection that is being closed, as it would if those that happen to idle
    /// were closed first.
    pub(crate) async fn end(
        mut self,
        drain_timeout: Duration,
        linger: Duration,
        look: &mut Interval,
    ) {
        let deadline = Instant::now() + drain_timeout;
        // Nobody sends: `ended` resolves when every control is dropped.
        self.alive = mpsc::channel(1).0;
        self.tell(Order::Drain);
        let linger = deadline.min(Instant::now() + linger);
        if self.ended_by(linger, look).await {
            return;
        }
        self.tell(Order::Finish);
        if self.ended_by(deadline, look).await {
            return;
        }
        tracing::warn!("requests in flight did not end in time; their connections are closed");
        self.tell(Order::Close);
        self.ended.recv().await;
    }

    async fn ended_by(&mut self, deadline: Instant, look: &mut Interval) -> bool {
        let mut over = pin!(sleep_until(deadline));
        loop {
            tokio::select! {
                _ = self.ended.recv() => return true,
                () = &mut over => return false,
                _ = look.tick() => self.close_overdue(SystemClock.monotonic_ms()),
            }
        }
    }

    fn tell(&self, order: Order) {
        for control in self.all.iter().filter_map(Weak::upgrade) {
            control.tell(order);
        }
    }
}

#[cfg(test)]
mod tests;
