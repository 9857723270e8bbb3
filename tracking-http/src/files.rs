//! How many files the system lets the process have open, which each connection is one of.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::room::WAITING_MAX;

/// What else is open: those who wait for a place, the store, its connections, the runtime, standard streams.
const OTHERS: u64 = 64;

const _: () = assert!(WAITING_MAX as u64 <= OTHERS / 2);

/// Raise what the process may have open so that `connections` can be, as far as the system lets it.
/// Answers how many can.
pub(crate) fn raise_for(connections: u32) -> u32 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = u64::from(connections) + OTHERS;
    // None is no limit.
    let reachable = wanted.min(limit.maximum.unwrap_or(u64::MAX));
    let mut open = limit.current.unwrap_or(u64::MAX);
    if open < reachable {
        let raised = Rlimit {
            current: Some(reachable),
            maximum: limit.maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            open = reachable;
        }
    }
    // Where there are hardly any, few wait for a place, and a quarter is for connections still.
    let others = OTHERS.min(open - open / 4);
    let possible = (open - others).max(1);
    u32::try_from(possible).map_or(connections, |possible| possible.min(connections))
}
