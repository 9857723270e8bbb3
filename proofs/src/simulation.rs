//! All parts together, by dice: processes with real desks, generators and allocators over a simulated clock, disk,
//! network and servers, in one thread. What happens follows from one number, the seed, and repeats exactly.
//!
//! Each process runs on a stack of its own, and is held up before every call that leaves it: of the file
//! system, of the network, and whenever it sleeps. In between, whoever comes next by the dice goes on, time passes,
//! and a fault is dealt out. What is real: the desk, the generator (its thread's turns are taken by hand), `Guarded`,
//! the timeline, the state file's protocol, Redis' from the first byte on the wire to the Lua script, and MySQL's
//! from the first statement; the HTTP server from a request's head to its answer, and the recorder of its ledger. What
//! is simulated stands below: the calls of a file system ([`FileSystem`](tracking_core::store::FileSystem)), a socket, a
//! server that holds hashes, a driver's session, a server that holds a table, a ledger's database, clients.
//!
//! Faults that the promise excepts do not come together: a seed either sets clocks back, or loses and rewinds
//! what a store holds. What must hold: no serial is in two blocks, no number is issued twice, none that was
//! issued is refused, and nothing that was answered is lost by a crash.

mod book;
mod clients;
mod database;
mod disk;
mod files;
mod host;
mod hosts;
mod met;
mod mysql;
mod network;
mod process;
mod redis;
mod service;
mod watched;
mod world;

pub use met::{EXPECTED, Met};
use process::Process;
use world::World;

/// What came of one seed.
#[derive(Debug)]
pub struct Outcome {
    /// What was met.
    pub met: Met,
    /// The first contradiction to what must hold.
    pub failure: Option<String>,
    /// What happened, a step a line, where that was asked for.
    pub history: Vec<String>,
}

impl Outcome {
    /// All come to their end, and this of it.
    fn of(world: &World, processes: Vec<Process>) -> Self {
        processes.into_iter().for_each(Process::kill);
        let mut state = world.lock();
        Self {
            met: std::mem::take(&mut state.met),
            failure: state.failure.take(),
            history: state.history(),
        }
    }
}

/// Run what follows from a seed; with a history of it, where `told`.
pub fn run(seed: u64, told: bool) -> Outcome {
    tracking_core::testing::draw_from(Some(seed));
    let outcome = match seed % 3 {
        0 => host::run(seed, told),
        1 => hosts::run::<redis::Redis>(seed, told),
        _ => hosts::run::<mysql::MySql>(seed, told),
    };
    tracking_core::testing::draw_from(None);
    outcome
}
