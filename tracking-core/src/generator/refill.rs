//! The thread that reserves, and the runway that it shares with callers.
//!
//! Nobody else's code runs under the lock: not the allocator, the clock or a waker, nor the end of
//! an error that the allocator made. Each of them may take long, panic, or use this generator.

use std::any::Any;
use std::io;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Status;
use super::moment::Moment;
use super::plan::{Command, Plan, Settings, Taken};
use super::pulse::{BEAT, Pace, Pulse};
use super::tasks::{self, TaskId, Tasks};
use super::waiting_helps;
use crate::clock::Clock;
use crate::number::serial::Block;
use crate::random;
use crate::store::allocator::{AllocateError, Allocator};
use crate::store::guard::Guarded;

/// Where blocks come from.
pub(super) type Source = Arc<Guarded<Box<dyn Allocator>>>;

/// How long the thread rests when something panicked that it cannot do without.
const REST: Duration = Duration::from_millis(250);

pub(super) struct Refill {
    source: Source,
    clock: Arc<dyn Clock>,
    pulse: Pulse,
    state: Mutex<State>,
    /// Signalled when the thread may have something to do.
    work: Condvar,
    /// Signalled when a reservation has ended.
    ended: Condvar,
}

struct State {
    plan: Plan,
    pace: Pace,
    thread: Thread,
    /// When the thread that waits looks again.
    looks_again: Instant,
    tasks: Tasks,
    stopped: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Thread {
    /// There is none: somebody else takes its turns.
    ByHand,
    NotStarted,
    /// At work; it looks at the plan again before it waits.
    Busy,
    Waiting,
}

impl Refill {
    pub(super) fn new(
        source: Source,
        clock: Arc<dyn Clock>,
        settings: Settings,
        by_hand: bool,
    ) -> Self {
        let plan = Plan::new(settings, Moment::now(&*clock));
        let thread = match by_hand {
            true => Thread::ByHand,
            false => Thread::NotStarted,
        };
        Self::with(source, clock, plan, thread)
    }

    /// What a copy of this memory holds.
    #[cfg(feature = "testing")]
    pub(super) fn copied(&self, source: Source) -> Self {
        let plan = self.lock().plan.clone();
        Self::with(source, Arc::clone(&self.clock), plan, Thread::ByHand)
    }

    fn with(source: Source, clock: Arc<dyn Clock>, plan: Plan, thread: Thread) -> Self {
        Self {
            source,
            clock,
            pulse: Pulse::default(),
            state: Mutex::new(State {
                plan,
                pace: Pace::default(),
                thread,
                looks_again: Instant::now(),
                tasks: Tasks::default(),
                stopped: false,
            }),
            work: Condvar::new(),
            ended: Condvar::new(),
        }
    }

    #[inline]
    pub(super) fn now(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    /// Beats while numbers are taken fast.
    #[inline]
    pub(super) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The plan does not panic, and everything else runs without the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn status(&self) -> Status {
        let state = self.lock();
        Status {
            runway: state.plan.runway(),
            rate: state.plan.rate(),
            reservations: state.plan.reservations,
            failures: state.plan.failures,
            error: state.plan.error.clone(),
        }
    }

    /// Up to `wanted` serials; waits for them until `deadline`.
    pub(super) fn take(
        self: &Arc<Self>,
        wanted: NonZeroU32,
        deadline: Instant,
    ) -> Result<Taken, AllocateError> {
        loop {
            let now = self.now();
            let mut state = self.lock();
            let taken = state.plan.take(now, wanted);
            let count = taken.as_ref().map_or(0, |taken| taken.block.length().get());
            let fast = state.pace.take(now.monotonic_ms, count);
            if fast && state.thread == Thread::Waiting && self.pulse.beat().is_none() {
                state.thread = Thread::Busy;
                self.work.notify_one();
            }
            let started = self.set_to_work(&mut state, now);
            if let Some(taken) = taken {
                return Ok(taken);
            }
            let error = state.why_empty();
            if let Err(error) = started {
                drop(state);
                return Err(AllocateError::unavailable(&self.source, error));
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if rest.is_zero() || !waiting_helps(&error) {
                return Err(error);
            }
            let waited = self.ended.wait_timeout(state, rest);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Whether serials are in hand; if not, `waker` is woken when a reservation has ended or the
    /// deadline has passed. `task` is the caller's place among those that wait.
    pub(super) fn poll_ready(
        self: &Arc<Self>,
        task: &mut Option<TaskId>,
        waker: &Waker,
        deadline: Instant,
    ) -> Option<Result<(), AllocateError>> {
        let (now, waker) = (self.now(), waker.clone());
        let mut state = self.lock();
        let started = self.set_to_work(&mut state, now);
        if state.plan.holds(now) {
            return Some(Ok(()));
        }
        let error = state.why_empty();
        if let Err(error) = started {
            drop(state);
            return Some(Err(AllocateError::unavailable(&self.source, error)));
        }
        if Instant::now() >= deadline || !waiting_helps(&error) {
            return Some(Err(error));
        }
        let before = state.tasks.put(task, waker, deadline);
        if deadline < state.looks_again {
            self.work.notify_one();
        }
        drop(state);
        drop(before);
        None
    }

    /// A task that no longer waits.
    pub(super) fn forget(&self, task: TaskId) {
        let waker = self.lock().tasks.remove(task);
        // Here, and not in the line above, which holds the lock to its end.
        drop(waker);
    }

    /// Start or wake the thread where there is something to do.
    fn set_to_work(self: &Arc<Self>, state: &mut State, now: Moment) -> io::Result<()> {
        match state.thread {
            Thread::Busy | Thread::ByHand => {}
            Thread::Waiting => {
                if let Command::Reserve(_) = state.plan.command(now) {
                    state.thread = Thread::Busy;
                    self.work.notify_one();
                }
            }
            Thread::NotStarted => {
                let refill = Arc::clone(self);
                std::thread::Builder::new()
                    .name("tracking-refill".to_owned())
                    .spawn(move || refill.run())?;
                state.thread = Thread::Busy;
            }
        }
        Ok(())
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
    }

    /// The thread. It outlives what panics in it: callers get an error, not a thread that is gone.
    fn run(&self) {
        while let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.work())) {
            let error = self.panicked("the generator's clock", &*panic);
            let mut state = self.lock();
            let before = state.plan.failed(error);
            // Callers meanwhile find it at work, and wait for it.
            state.thread = Thread::Busy;
            let tasks = state.tasks.take_all();
            drop(state);
            drop(before);
            self.ended.notify_all();
            tasks::wake(tasks);
            let stopped = |state: &mut State| !state.stopped;
            let rested = self.work.wait_timeout_while(self.lock(), REST, stopped);
            drop(rested.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Until it is stopped.
    fn work(&self) {
        loop {
            let moment = self.now();
            let mut state = self.lock();
            if state.stopped {
                return;
            }
            let expired = state.tasks.take_expired(Instant::now());
            if !expired.is_empty() {
                state.thread = Thread::Busy;
                drop(state);
                tasks::wake(expired);
                continue;
            }
            match state.plan.command(moment) {
                Command::Reserve(wanted) => {
                    state.thread = Thread::Busy;
                    drop(state);
                    self.refill(wanted);
                }
                Command::Wait(ms) => {
                    state.thread = Thread::Waiting;
                    let now = Instant::now();
                    let planned = now + Duration::from_millis(ms);
                    state.looks_again = state
                        .tasks
                        .next_deadline()
                        .map_or(planned, |next| next.min(planned));
                    let mut wait = state.looks_again.saturating_duration_since(now);
                    if state.pace.was_fast(moment.monotonic_ms) {
                        wait = wait.min(BEAT);
                        self.pulse.begin();
                    }
                    let waited = self.work.wait_timeout(state, wait);
                    self.pulse.end();
                    drop(waited.unwrap_or_else(PoisonError::into_inner));
                }
            }
        }
    }

    /// A turn of the thread's, without it: a reservation, where one is due; else for how many milliseconds
    /// none is.
    #[cfg(feature = "testing")]
    pub(super) fn turn(&self) -> Option<u64> {
        let now = self.now();
        let command = self.lock().plan.command(now);
        match command {
            Command::Reserve(wanted) => {
                self.refill(wanted);
                None
            }
            Command::Wait(ms) => Some(ms),
        }
    }

    /// One reservation, and word of it to all who wait.
    fn refill(&self, wanted: NonZeroU32) {
        let asked = self.now();
        let answer = self.reserve(wanted);
        let now = self.now();
        let jitter = random::jitter();
        let mut state = self.lock();
        let before = state.plan.reserved(asked, now, answer, jitter);
        // Also where it failed: each task decides by its own deadline.
        let tasks = state.tasks.take_all();
        drop(state);
        drop(before);
        self.ended.notify_all();
        tasks::wake(tasks);
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        catch_unwind(AssertUnwindSafe(|| self.source.reserve(wanted)))
            .unwrap_or_else(|panic| Err(self.panicked("the allocator", &*panic)))
    }

    fn panicked(&self, what: &str, panic: &(dyn Any + Send)) -> AllocateError {
        let text = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        AllocateError::unavailable(&self.source, format!("{what} panicked: {text}"))
    }
}

impl State {
    /// What to tell a caller for whom there is nothing.
    fn why_empty(&self) -> AllocateError {
        self.plan.error.clone().unwrap_or(AllocateError::NotYet {
            after: Duration::from_millis(10),
        })
    }
}
