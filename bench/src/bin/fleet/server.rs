//! A server: a real generator by hand, on a clock of its own, and callers who want numbers of it.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tracking_core::store::StoreAllocator;
use tracking_core::{AllocateError, Allocator, Block, Clock, Generator, Series};

use super::store::{SimulatedStore, wall_ms};

/// How long a caller waits for a number: the generator's own deadline.
const DEADLINE_US: u64 = 2_000_000;

/// Simulated microseconds.
#[derive(Debug)]
struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    fn us(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for SimulatedClock {
    fn now_ms(&self) -> i64 {
        wall_ms(self.us())
    }

    fn monotonic_ms(&self) -> u64 {
        self.us() / 1_000
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }
}

pub(crate) struct Server {
    clock: Arc<SimulatedClock>,
    generator: Generator,
    /// What passes between two looks at its callers.
    step_us: u64,
    callers: Mutex<Callers>,
}

/// Who wants numbers, and who got some.
struct Callers {
    rate: f64,
    began_us: u64,
    next_step_us: u64,
    asked: u64,
    /// When those asked who have none.
    waiting: VecDeque<u64>,
    count: Count,
}

/// What became of numbers.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count {
    /// Serials that the store granted.
    pub(crate) reserved: u64,
    pub(crate) issued: u64,
    /// Callers who had none within the deadline.
    pub(crate) failed: u64,
    /// When the first block was in hand.
    pub(crate) first_us: Option<u64>,
}

impl Server {
    /// One that starts at a moment, and is asked for so many numbers a second, looked after each `step_us`.
    pub(crate) fn new(
        store: &SimulatedStore,
        series: &Series,
        block_size: Option<NonZeroU32>,
        rate: f64,
        (began_us, step_us): (u64, u64),
    ) -> Arc<Self> {
        let clock = Arc::new(SimulatedClock(AtomicU64::new(began_us)));
        Arc::new_cyclic(|server| {
            let mut builder = Generator::builder().clock(clock.clone()).by_hand();
            if let Some(block_size) = block_size {
                builder = builder.block_size(block_size);
            }
            Self {
                generator: builder.build(Line {
                    server: server.clone(),
                    store: store.clone(),
                    allocator: StoreAllocator::over(store.clone(), series.clone()),
                }),
                clock,
                step_us,
                callers: Mutex::new(Callers {
                    rate,
                    began_us,
                    next_step_us: began_us,
                    asked: 0,
                    waiting: VecDeque::new(),
                    count: Count::default(),
                }),
            }
        })
    }

    pub(crate) fn count(&self) -> Count {
        self.callers().count
    }

    fn callers(&self) -> MutexGuard<'_, Callers> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that it does at a moment; when it has something to do again.
    pub(crate) fn wake(&self, now_us: u64) -> u64 {
        self.serve(now_us);
        match self.generator.turn() {
            // It reserved, and time has passed.
            None => self.clock.us(),
            Some(ms) => (now_us + ms * 1_000).min(self.callers().next_step_us),
        }
    }

    /// What its callers want until a moment, while its reservation is under way.
    fn live_until(&self, until_us: u64) {
        loop {
            let next_us = self.callers().next_step_us;
            if next_us >= until_us {
                break;
            }
            self.serve(next_us);
        }
        self.clock.0.fetch_max(until_us, Ordering::Relaxed);
    }

    fn serve(&self, now_us: u64) {
        self.clock.0.fetch_max(now_us, Ordering::Relaxed);
        let callers = &mut *self.callers();
        if now_us >= callers.next_step_us {
            callers.next_step_us = now_us + self.step_us;
            let seconds = (now_us - callers.began_us) as f64 / 1e6;
            let due = (callers.rate * seconds) as u64;
            let more = due.saturating_sub(callers.asked) as usize;
            callers.asked += more as u64;
            let waiting = callers.waiting.len();
            callers.waiting.resize(waiting + more, now_us);
        }
        while let Some(&since_us) = callers.waiting.front() {
            if now_us - since_us > DEADLINE_US {
                callers.count.failed += 1;
            } else if self.generator.try_next().is_ok() {
                callers.count.issued += 1;
            } else {
                break;
            }
            callers.waiting.pop_front();
        }
    }
}

/// The line from a server to the store. A question takes its time, and the server lives on meanwhile.
struct Line {
    server: Weak<Server>,
    store: SimulatedStore,
    allocator: StoreAllocator<SimulatedStore>,
}

impl Allocator for Line {
    fn series(&self) -> &Series {
        self.allocator.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let server = self.server.upgrade();
        let server =
            server.ok_or_else(|| AllocateError::refused(self, "the server that asks is gone"))?;
        let visit = self.store.visit(server.clock.us());
        let answer = self.allocator.reserve(wanted);
        if let Ok(block) = &answer {
            server.callers().count.reserved += u64::from(block.length().get());
        }
        server.live_until(visit.answered_us);
        if !visit.in_time {
            return Err(AllocateError::unavailable(
                self,
                "expected an answer within 2 s, found none",
            ));
        }
        if answer.is_ok() {
            let first_us = &mut server.callers().count.first_us;
            first_us.get_or_insert(visit.answered_us);
        }
        answer
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}
