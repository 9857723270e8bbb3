//! The one store that all servers share: the real rule, at a simulated speed.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracking_core::store::timeline::{History, Timeline};
use tracking_core::store::{Moment, Step, Store};
use tracking_core::{AllocateError, Serial};

/// Between a server and the store, there and back.
const ROUND_TRIP_US: u64 = 1_000;
/// When a server gives an answer up, as the allocators of Redis and MySQL do.
const TIMEOUT_US: u64 = 2_000_000;

/// Clones share the state.
#[derive(Clone)]
pub(crate) struct SimulatedStore {
    state: Arc<Mutex<State>>,
}

struct State {
    timeline: Option<Timeline>,
    history: History,
    /// How long it works on a question.
    work_us: u64,
    /// It is away, from the first moment until before the second.
    away: Option<(u64, u64)>,
    /// When it is done with all that it was asked before.
    free_us: u64,
    /// When the question under way is worked on, if it is.
    at_us: Option<u64>,
    seen: Seen,
}

/// What was seen of it from outside.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Questions that came in each second, whatever the answer.
    pub(crate) asked: Vec<u64>,
    /// The longest time from a question to its answer.
    pub(crate) longest_us: u64,
}

/// When the answer to a question comes, and whether it is too late.
pub(crate) struct Visit {
    pub(crate) answered_us: u64,
    pub(crate) in_time: bool,
}

impl SimulatedStore {
    pub(crate) fn new(answers_a_second: u64, away: Option<(u64, u64)>) -> Self {
        let state = State {
            timeline: None,
            history: History::random(),
            work_us: 1_000_000 / answers_a_second.max(1),
            away,
            free_us: 0,
            at_us: None,
            seen: Seen::default(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.lock().seen.clone()
    }

    /// Somebody asks at this moment, which is no earlier than that of whoever asked before. The next
    /// [`update`](Store::update) is theirs.
    pub(crate) fn visit(&self, asked_us: u64) -> Visit {
        let state = &mut *self.lock();
        let second = (asked_us / 1_000_000) as usize;
        if state.seen.asked.len() <= second {
            state.seen.asked.resize(second + 1, 0);
        }
        state.seen.asked[second] += 1;
        let arrived_us = asked_us + ROUND_TRIP_US / 2;
        if let Some((from, until)) = state.away {
            if (from..until).contains(&arrived_us) {
                state.at_us = None;
                return Visit {
                    answered_us: asked_us + ROUND_TRIP_US,
                    in_time: true,
                };
            }
            if arrived_us >= until {
                // What comes back is another process.
                state.history = History::random();
                state.away = None;
            }
        }
        let at_us = arrived_us.max(state.free_us);
        state.free_us = at_us + state.work_us;
        state.at_us = Some(at_us);
        let answered_us = state.free_us + ROUND_TRIP_US / 2;
        state.seen.longest_us = state.seen.longest_us.max(answered_us - asked_us);
        Visit {
            answered_us: answered_us.min(asked_us + TIMEOUT_US),
            in_time: answered_us <= asked_us + TIMEOUT_US,
        }
    }
}

impl Store for SimulatedStore {
    fn update(&self, step: &mut Step<'_>) -> Result<(), AllocateError> {
        let state = &mut *self.lock();
        let at_us = state.at_us.take();
        let at_us = at_us.ok_or_else(|| {
            AllocateError::unavailable(self, "expected an answer, found that nobody listens")
        })?;
        let now_ms = wall_ms(at_us);
        let moment = Moment::shared(now_ms, now_ms, &state.history);
        step(&mut state.timeline, &moment);
        Ok(())
    }
}

/// The time of day at a moment of the simulation, which begins a year after the first tick.
pub(crate) fn wall_ms(us: u64) -> i64 {
    Serial::EPOCH_MS + 365 * 86_400_000 + (us / 1_000) as i64
}

impl fmt::Display for SimulatedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated:")
    }
}

impl fmt::Debug for SimulatedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedStore").finish_non_exhaustive()
    }
}
