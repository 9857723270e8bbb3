//! The one thing that all simulated parts share: the time, the dice, who runs, and what came of it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::{Clock, Serial};

use super::book::Book;
use super::disk::Disk;
use super::met::Met;
use super::process::Process;

/// When every simulation begins: a year after the first tick.
pub(super) const START_MS: i64 = Serial::EPOCH_MS + 365 * 86_400_000;
/// Whoever is no process: the hand that deals out the faults.
pub(super) const NOBODY: usize = usize::MAX;

/// Shared by all parts. A lock is held for a moment, never while somebody else runs.
pub(super) struct World(Mutex<State>);

pub(super) struct State {
    /// The true time, in milliseconds since the start.
    pub(super) now_ms: u64,
    /// What the host's time of day differs from the true one by.
    pub(super) offset_ms: i64,
    pub(super) random: StdRng,
    /// Who runs.
    pub(super) current: usize,
    pub(super) lives: Vec<Life>,
    pub(super) disk: Disk,
    pub(super) book: Book,
    pub(super) met: Met,
    /// When the last block was answered, by the host's clock.
    pub(super) granted_ms: Option<i64>,
    pub(super) failure: Option<String>,
    /// What happened, where that is asked for.
    history: Option<Vec<String>>,
}

/// What the world knows of one process.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) dead: bool,
    /// When it goes on, by the true time.
    pub(super) wake_ms: u64,
    /// What its monotonic clock says beyond the true time.
    pub(super) monotonic_offset_ms: i64,
    /// The last call that it made, and whether it made any since it had a block asked for.
    pub(super) last: &'static str,
    /// Whether it is in a reservation.
    pub(super) reserving: bool,
    /// Counts its reservations.
    pub(super) call: u64,
    /// Whether something of the present one was asked for on a new connection, and nobody knows what became of it.
    pub(super) unknown: bool,
}

impl World {
    pub(super) fn new(seed: u64, told: bool) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            now_ms: 0,
            offset_ms: 0,
            random: StdRng::seed_from_u64(seed),
            current: NOBODY,
            lives: Vec::new(),
            disk: Disk::default(),
            book: Book::default(),
            met: Met::default(),
            granted_ms: None,
            failure: None,
            history: told.then(Vec::new),
        })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in here ends the simulation.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One more of what befell somebody.
    pub(super) fn met(&self, what: &str) {
        let mut state = self.lock();
        state.met.count(what);
        state.tell(|| format!("one of the {what}"));
    }

    /// Between two steps of a process: others may run, time may pass, and it may end here.
    pub(super) fn step(&self, what: &'static str, ms: u64) -> io::Result<()> {
        {
            let mut state = self.lock();
            if state.is_dead() {
                return Err(killed());
            }
            let wake_ms = state.now_ms + ms;
            if let Some(life) = state.life() {
                life.wake_ms = wake_ms;
                life.last = what;
            }
            state.tell(|| what.to_owned());
        }
        if generator::is_generator() {
            #[expect(
                deprecated,
                reason = "what took its place has to be handed down through every call, and these are the library's own"
            )]
            generator::yield_with(());
        }
        match self.lock().is_dead() {
            true => Err(killed()),
            false => Ok(()),
        }
    }
}

/// What every call answers to a process that was killed; so it comes to its end, and changes nothing.
pub(super) fn killed() -> io::Error {
    io::Error::other("this process was killed")
}

impl State {
    pub(super) fn life(&mut self) -> Option<&mut Life> {
        self.lives.get_mut(self.current)
    }

    /// Whether who runs was killed, and only comes to its end.
    pub(super) fn is_dead(&self) -> bool {
        self.lives.get(self.current).is_some_and(|life| life.dead)
    }

    /// The host's time of day, in milliseconds since the Unix epoch.
    pub(super) fn wall_ms(&self) -> i64 {
        START_MS + self.now_ms as i64 + self.offset_ms
    }

    /// The true time, in milliseconds since the Unix epoch.
    pub(super) fn true_ms(&self) -> i64 {
        START_MS + self.now_ms as i64
    }

    /// Whether something comes about that does so one time in `times`.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        self.random.random_range(0..times) == 0
    }

    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.random.random_range(0..=most)
    }

    /// A place among so many, by the dice.
    pub(super) fn place_in(&mut self, count: usize) -> Option<usize> {
        let last = (count as u64).checked_sub(1)?;
        Some(self.up_to(last) as usize)
    }

    /// One of some, of which there is one.
    pub(super) fn one_of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.up_to(some.len() as u64 - 1) as usize]
    }

    /// Write it down, where that is asked for.
    pub(super) fn tell(&mut self, what: impl FnOnce() -> String) {
        let Self {
            now_ms, current, ..
        } = *self;
        let wall = self.wall_ms() - START_MS;
        if let Some(history) = &mut self.history {
            let who = match current {
                NOBODY => "         -".to_owned(),
                process => format!("process {process:>2}"),
            };
            history.push(format!(
                "{now_ms:>7} ms, clock {wall:>8}  {who}  {}",
                what()
            ));
        }
    }

    /// A block was answered now.
    pub(super) fn granted_tick(&mut self) {
        self.granted_ms = Some(self.wall_ms());
    }

    /// Whether the present tick of the host's clock is one that was granted from.
    pub(super) fn in_granted_tick(&self) -> bool {
        let tick = |ms: i64| ms.div_euclid(Serial::TICK_MS as i64);
        self.granted_ms
            .is_some_and(|granted_ms| tick(granted_ms) == tick(self.wall_ms()))
    }

    /// Keep the first contradiction.
    pub(super) fn fail(&mut self, what: String) {
        self.tell(|| format!("*** {what}"));
        self.failure.get_or_insert(what);
    }

    pub(super) fn history(&mut self) -> Vec<String> {
        self.history.take().unwrap_or_default()
    }
}

/// Whoever can go on, by the dice; where all sleep, time passes until one wakes.
pub(super) fn next(world: &World, processes: &[Process]) -> Option<usize> {
    let mut state = world.lock();
    let wakes: Vec<u64> = processes
        .iter()
        .map(|process| state.lives[process.index()].wake_ms)
        .collect();
    state.now_ms = state.now_ms.max(*wakes.iter().min()?);
    let ready: Vec<usize> = (0..wakes.len())
        .filter(|&place| wakes[place] <= state.now_ms)
        .collect();
    Some(state.one_of(&ready))
}

/// The clock of the host, by which who sleeps lets others run.
pub(super) struct HostClock(pub(super) Arc<World>);

impl Clock for HostClock {
    fn now_ms(&self) -> i64 {
        self.0.lock().wall_ms()
    }

    fn monotonic_ms(&self) -> u64 {
        let mut state = self.0.lock();
        // Who was killed waits for nothing any more.
        if state.is_dead() {
            return u64::MAX / 2;
        }
        let offset_ms = state.life().map_or(0, |life| life.monotonic_offset_ms);
        (state.now_ms as i64 + offset_ms).max(0).unsigned_abs()
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }

    fn sleep(&self, duration: Duration) {
        let ms = duration.as_nanos().div_ceil(1_000_000) as u64;
        let late_ms = self.0.lock().up_to(1);
        // Whether it was killed is found out by its next call.
        let _ = self.0.step("sleeps", ms + late_ms);
    }
}

impl fmt::Debug for HostClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostClock")
    }
}
