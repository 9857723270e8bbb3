//! Whose turn it is to use the one connection.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::deadline::Deadline;

/// The connection of an allocator, which threads use in turn. A mutex that is waited for only so
/// long: behind a server that hangs, the tenth thread must not wait ten time-outs.
pub(crate) struct Turns<C> {
    state: Mutex<State<C>>,
    free: Condvar,
}

struct State<C> {
    taken: bool,
    connection: Option<C>,
}

/// The turn of one thread, until it is dropped.
pub(crate) struct Turn<'a, C> {
    turns: &'a Turns<C>,
    /// What the next turn finds; `None` makes it connect anew.
    pub(crate) connection: Option<C>,
}

/// No turn came in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("other threads kept this store busy for {} ms", within.as_millis())]
pub(crate) struct Busy {
    within: Duration,
}

impl<C> Default for Turns<C> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                taken: false,
                connection: None,
            }),
            free: Condvar::new(),
        }
    }
}

impl<C> Turns<C> {
    /// Wait for a turn.
    pub(crate) fn take(&self, deadline: Deadline) -> Result<Turn<'_, C>, Busy> {
        let patience = deadline.left().unwrap_or_default();
        let (mut state, _) = self
            .free
            .wait_timeout_while(self.lock(), patience, |state| state.taken)
            .unwrap_or_else(PoisonError::into_inner);
        if state.taken {
            return Err(Busy {
                within: deadline.whole(),
            });
        }
        state.taken = true;
        Ok(Turn {
            turns: self,
            connection: state.connection.take(),
        })
    }

    // Nothing between taking and giving back can panic, so a poisoned state is a whole one.
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> Drop for Turn<'_, C> {
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
    use std::time::Instant;

    #[test]
    fn a_turn_is_waited_for_only_so_long() {
        let turns = Turns::<()>::default();
        let deadline = || Deadline::after(Duration::from_millis(20));
        let turn = turns
            .take(deadline())
            .unwrap_or_else(|busy| panic!("{busy}"));
        let start = Instant::now();
        let busy = turns.take(deadline()).err().map(|busy| busy.to_string());
        assert_eq!(
            busy.as_deref(),
            Some("other threads kept this store busy for 20 ms")
        );
        assert!(start.elapsed() < Duration::from_secs(5));
        drop(turn);
        assert!(turns.take(deadline()).is_ok());
    }
}
