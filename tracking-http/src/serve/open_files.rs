//! How many files the system lets the process have open, which each connection is one of.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::serve::room::WAITING_MAX;

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
    u32::try_from(possible(open)).map_or(connections, |possible| possible.min(connections))
}

/// How many connections there can be where so many files may be open.
fn possible(open: u64) -> u64 {
    // Where there are hardly any, few wait for a place, and a quarter is for connections still.
    let others = OTHERS.min(open - open / 4);
    (open - others).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_leave_a_quarter_for_connections() {
        for (open, expected) in [
            (0, 1),
            (3, 1),
            (20, 5),
            (64, 16),
            (85, 21),
            (100, 36),
            (1_024, 960),
        ] {
            assert_eq!(possible(open), expected, "{open}");
        }
        assert_eq!(possible(u64::MAX), u64::MAX - OTHERS);
    }
}
