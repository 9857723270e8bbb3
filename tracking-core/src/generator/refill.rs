//! The thread that reserves, and the runway that it shares with callers.

use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::Status;
use super::moment::Moment;
use super::plan::{Command, Plan, Settings, Taken};
use super::tasks::{TaskId, Tasks};
use super::waiting_helps;
use crate::allocator::{AllocateError, Allocator};
use crate::clock::Clock;
use crate::serial::Block;
use crate::series::Series;

pub(super) struct Refill {
    allocator: Box<dyn Allocator>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Signalled when the thread may have something to do.
    work: Condvar,
    /// Signalled when a reservation has ended.
    ended: Condvar,
}

struct State {
    plan: Plan,
    thread: Thread,
    /// When the thread that waits looks again.
    looks_again: Instant,
    tasks: Tasks,
    stopped: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Thread {
    NotStarted,
    /// At work; it looks at the plan again before it waits.
    Busy,
    Waiting,
}

impl Refill {
    pub(super) fn new(
        allocator: Box<dyn Allocator>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Self {
        let plan = Plan::new(settings, Moment::now(&*clock));
        Self {
            allocator,
            clock,
            state: Mutex::new(State {
                plan,
                thread: Thread::NotStarted,
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

    pub(super) fn series(&self) -> &Series {
        self.allocator.series()
    }

    pub(super) fn allocator(&self) -> &dyn fmt::Debug {
        &self.allocator
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The plan does not panic, and allocators run without the lock.
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
        let mut state = self.lock();
        loop {
            let taken = state.plan.take(self.now(), wanted);
            self.set_to_work(&mut state)?;
            if let Some(taken) = taken {
                return Ok(taken);
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            let error = state.why_empty();
            if rest.is_zero() || !waiting_helps(&error) {
                return Err(error);
            }
            state = self
                .ended
                .wait_timeout(state, rest)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
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
        let mut state = self.lock();
        // Expired blocks are dropped by the same call that decides what to do about it.
        if let Err(error) = self.set_to_work(&mut state) {
            return Some(Err(error));
        }
        if state.plan.runway() > 0 {
            return Some(Ok(()));
        }
        let error = state.why_empty();
        if Instant::now() >= deadline || !waiting_helps(&error) {
            return Some(Err(error));
        }
        state.tasks.put(task, waker, deadline);
        if deadline < state.looks_again {
            self.work.notify_one();
        }
        None
    }

    /// A task that no longer waits.
    pub(super) fn forget(&self, task: TaskId) {
        self.lock().tasks.remove(task);
    }

    /// Start or wake the thread where there is something to do.
    fn set_to_work(self: &Arc<Self>, state: &mut State) -> Result<(), AllocateError> {
        match state.thread {
            Thread::Busy => {}
            Thread::Waiting => {
                if let Command::Reserve(_) = state.plan.command(self.now()) {
                    state.thread = Thread::Busy;
                    self.work.notify_one();
                }
            }
            Thread::NotStarted => {
                let refill = Arc::clone(self);
                std::thread::Builder::new()
                    .name("tracking-refill".to_owned())
                    .spawn(move || refill.run())
                    .map_err(|error| AllocateError::unavailable(&self.allocator, error))?;
                state.thread = Thread::Busy;
            }
        }
        Ok(())
    }

    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
    }

    /// The thread.
    fn run(&self) {
        let mut state = self.lock();
        while !state.stopped {
            state.tasks.wake_expired(Instant::now());
            match state.plan.command(self.now()) {
                Command::Reserve(wanted) => {
                    state.thread = Thread::Busy;
                    drop(state);
                    let asked = self.now();
                    let answer = self.reserve(wanted);
                    state = self.lock();
                    state
                        .plan
                        .reserved(asked, self.now(), answer, rand::random());
                    self.ended.notify_all();
                    // Also where it failed: each task decides by its own deadline.
                    state.tasks.wake_all();
                }
                Command::Wait(ms) => {
                    state.thread = Thread::Waiting;
                    let now = Instant::now();
                    let planned = now + Duration::from_millis(ms);
                    state.looks_again = state
                        .tasks
                        .next_deadline()
                        .map_or(planned, |next| next.min(planned));
                    let wait = state.looks_again - now;
                    state = self
                        .work
                        .wait_timeout(state, wait)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                }
            }
        }
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        // An allocator that panics is a failed one: callers get an error, not a thread that is gone.
        catch_unwind(AssertUnwindSafe(|| self.allocator.reserve(wanted))).unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("no message");
            let message = format!("the allocator panicked: {text}");
            Err(AllocateError::unavailable(&self.allocator, message))
        })
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
