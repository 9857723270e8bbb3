//! The database of a ledger: rows of numbers and of idempotency keys, in transactions that are done or not, and whose
//! answers may be lost.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;
use tracking_ledger::{
    Claim, Cursor, Doubts, Entry, Filter, IdempotencyKey, Imported, KeyState, Ledger, LedgerError,
    OldNumber, Page, PageLimit, Prune, Recorded, Recording, Replay,
};

use super::world::World;

/// How long a client of the database waits for an answer, in milliseconds: one of these, of which one is longer than
/// whoever asks over HTTP waits.
const TIME_OUTS_MS: [u64; 3] = [150, 400, 2_500];
/// A commit that hangs is done by then.
const HANGS_MS: u64 = 3_000;

/// Between a commit and its answer.
pub(super) const COMMITTED: &str = "waits for the answer of the ledger";

/// The rows, and the transactions that hang in the server.
#[derive(Debug, Default)]
struct Tables {
    /// Each number, and by which recording it is there.
    numbers: HashMap<TrackingNumber, i64>,
    keys: HashMap<IdempotencyKey, (Claim, Replay)>,
    /// When each is done, and what it holds locked until then.
    hanging: Vec<(u64, Vec<Recording>)>,
}

/// One database, which the ledgers of all processes are in.
pub(super) struct Database {
    world: Arc<World>,
    tables: Mutex<Tables>,
}

/// What becomes of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Well,
    /// Nothing of it arrives.
    Lost,
    /// It is done, and the connection breaks.
    Broken,
    /// It is done after its client has given up.
    Hangs,
}

impl Database {
    pub(super) fn new(world: &Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            tables: Mutex::default(),
        })
    }

    /// The tables, with all that hung until now.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        let now_ms = self.world.lock().now_ms;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let (done, hanging) = std::mem::take(&mut tables.hanging)
            .into_iter()
            .partition::<Vec<_>, _>(|(done_ms, _)| *done_ms <= now_ms);
        tables.hanging = hanging;
        for (_, batch) in done {
            let outcomes = tables.commit(&batch);
            self.check(&outcomes);
        }
        tables
    }

    /// A number that is there for another one was issued twice, though nobody is given it.
    fn check(&self, outcomes: &[Recorded]) {
        for outcome in outcomes {
            if let Recorded::Collided(numbers) = outcome {
                let text = format!("the ledger had {} already", numbers[0]);
                self.world.lock().fail(text);
            }
        }
    }

    pub(super) fn holds(&self, number: &TrackingNumber) -> bool {
        self.tables().numbers.contains_key(number)
    }

    fn unavailable(&self, what: &str) -> LedgerError {
        LedgerError::Unavailable {
            ledger: self.to_string().into(),
            what: what.into(),
            source: None,
        }
    }

    fn step(&self, what: &'static str, ms: u64) -> Result<(), LedgerError> {
        let step = self.world.step(what, ms);
        step.map_err(|error| self.unavailable(&error.to_string()))
    }
}

impl Tables {
    /// One transaction.
    fn commit(&mut self, batch: &[Recording]) -> Vec<Recorded> {
        batch.iter().map(|one| self.insert(one)).collect()
    }

    fn insert(&mut self, recording: &Recording) -> Recorded {
        if let Some(claim) = recording.claim() {
            match self.state_of(claim) {
                KeyState::New => {}
                KeyState::Replayed(replay) => return Recorded::Replayed(replay),
                KeyState::Reused => return Recorded::KeyReused,
            }
        }
        let numbers = recording.numbers();
        let identity = recording.identity();
        let is_taken = |number: &&TrackingNumber| {
            let holder = self.numbers.get(*number);
            holder.is_some_and(|holder| *holder != identity)
        };
        let taken: Vec<TrackingNumber> = numbers.iter().filter(is_taken).copied().collect();
        if !taken.is_empty() {
            return Recorded::Collided(taken);
        }
        self.numbers
            .extend(numbers.iter().map(|number| (*number, identity)));
        if let Some(claim) = recording.claim() {
            let replay = Replay {
                numbers: numbers.to_vec(),
                issued_at_ms: recording.issued_at_ms(),
            };
            self.keys.insert(claim.key.clone(), (claim.clone(), replay));
        }
        Recorded::New
    }

    fn state_of(&self, claim: &Claim) -> KeyState {
        match self.keys.get(&claim.key) {
            None => KeyState::New,
            Some((known, replay)) if known == claim => KeyState::Replayed(replay.clone()),
            Some(_) => KeyState::Reused,
        }
    }

    /// Whether it needs a row that a transaction holds which hangs.
    fn is_locked(&self, recording: &Recording) -> bool {
        let key = |recording: &Recording| recording.claim().map(|claim| claim.key.clone());
        let mut held = self.hanging.iter().flat_map(|(_, batch)| batch);
        held.any(|other| {
            let numbers = recording.numbers();
            (key(other).is_some() && key(other) == key(recording))
                || other
                    .numbers()
                    .iter()
                    .any(|number| numbers.contains(number))
        })
    }
}

impl Ledger for Database {
    fn record(&self, batch: &[Recording]) -> Result<Vec<Recorded>, LedgerError> {
        let (fate, ms, time_out_ms) = {
            let mut state = self.world.lock();
            let time_out_ms = state.one_of(&TIME_OUTS_MS);
            let fate = match state.up_to(14) {
                0 => Fate::Lost,
                1 => Fate::Broken,
                2 => Fate::Hangs,
                _ => Fate::Well,
            };
            (fate, state.up_to(4), time_out_ms)
        };
        self.step("asks the ledger", ms)?;
        if fate == Fate::Lost {
            self.world
                .met("transactions lost before they were executed");
            self.step("waits for the ledger until the time-out", time_out_ms)?;
            return Err(self.unavailable("it did not answer in time"));
        }
        let mut tables = self.tables();
        if batch.iter().any(|recording| tables.is_locked(recording)) {
            drop(tables);
            self.world.met("transactions that met one that hung");
            self.step("waits for the ledger until the time-out", time_out_ms)?;
            return Err(self.unavailable("a row is locked"));
        }
        if fate == Fate::Hangs {
            let done_ms = {
                let mut state = self.world.lock();
                state.now_ms + time_out_ms + state.up_to(HANGS_MS)
            };
            tables.hanging.push((done_ms, batch.to_vec()));
            drop(tables);
            self.world
                .met("transactions that were done after the time-out");
            self.step("waits for the ledger until the time-out", time_out_ms)?;
            return Err(self.unavailable("it did not answer in time"));
        }
        let outcomes = tables.commit(batch);
        drop(tables);
        self.check(&outcomes);
        self.step(COMMITTED, ms)?;
        match fate {
            Fate::Broken => {
                self.world.met("transactions whose answer was lost");
                Err(self.unavailable("the connection broke"))
            }
            _ => Ok(outcomes),
        }
    }

    fn replay(&self, claim: &Claim) -> Result<KeyState, LedgerError> {
        let is_lost = self.world.lock().one_in(60);
        if is_lost {
            self.world.met("look-ups of keys that failed");
            return Err(self.unavailable("the connection broke"));
        }
        Ok(self.tables().state_of(claim))
    }

    fn find(&self, _: TrackingNumber) -> Result<Option<Entry>, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn list(&self, _: &Filter, _: Option<&Cursor>, _: PageLimit) -> Result<Page, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn erase(&self, _: CustomerId) -> Result<u64, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn prune(&self, _: i64, _: Prune) -> Result<u64, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn import(&self, _: &[OldNumber]) -> Result<Imported, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn sweep(&self) -> Result<u64, LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn probe(&self) -> Result<(), LedgerError> {
        Err(self.unavailable(NOT_SIMULATED))
    }

    fn warnings(&self) -> Result<Vec<String>, LedgerError> {
        Ok(Vec::new())
    }

    fn doubts(&self) -> Doubts {
        Doubts::default()
    }
}

/// What no simulation asks for.
const NOT_SIMULATED: &str = "the simulation has no such rows";

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated:ledger")
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Database")
    }
}
