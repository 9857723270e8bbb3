//! Whose turn it is to use the one connection.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;

/// The connection of an allocator, which threads use in turn. A mutex that is waited for only so
/// long: behind a server that hangs, the tenth thread must not wait ten time-outs.
#[derive(Default)]
pub(super) struct Turns {
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Default)]
struct State {
    taken: bool,
    connection: Option<Connection>,
}

/// The turn of one thread, until it is dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    /// What the next turn finds; `None` makes it connect anew.
    pub(super) connection: Option<Connection>,
}

impl Turns {
    /// Wait for a turn.
    pub(super) fn take(&self, deadline: Deadline) -> Result<Turn<'_>, RedisFault> {
        let busy = RedisFault::Busy {
            within: deadline.whole(),
        };
        let patience = deadline.left().unwrap_or_default();
        let (mut state, _) = self
            .free
            .wait_timeout_while(self.lock(), patience, |state| state.taken)
            .unwrap_or_else(PoisonError::into_inner);
        if state.taken {
            return Err(busy);
        }
        state.taken = true;
        Ok(Turn {
            turns: self,
            connection: state.connection.take(),
        })
    }

    // Nothing between taking and giving back can panic, so a poisoned state is a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        state.taken = false;
        state.connection = self.connection.take();
        self.turns.free.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_turn_is_waited_for_only_so_long() {
        let turns = Turns::default();
        let deadline = || Deadline::after(Duration::from_millis(20));
        let turn = turns
            .take(deadline())
            .unwrap_or_else(|fault| panic!("{fault}"));
        let start = Instant::now();
        let busy = turns.take(deadline()).err().map(|fault| fault.to_string());
        assert_eq!(
            busy.as_deref(),
            Some("other threads kept this store busy for 20 ms")
        );
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(turn);
        assert!(turns.take(deadline()).is_ok());
    }
}
