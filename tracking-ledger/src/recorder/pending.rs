//! An answer that is on its way: waited for by a thread, or polled by a runtime.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::error::LedgerError;
use crate::ledger::Ledger;

/// An answer of a ledger that is on its way. A future for any runtime, or waited for with a deadline.
#[must_use = "it is dropped unasked, and what has not begun is not done"]
pub struct Pending<T>(Arc<Slot<T>>);

/// Whoever gives the answer. Dropped without one, it says so.
pub(super) struct Answer<T>(Arc<Slot<T>>);

pub(super) struct Slot<T> {
    ledger: Arc<dyn Ledger>,
    state: Mutex<State<T>>,
    given: Condvar,
}

struct State<T> {
    answer: Option<Result<T, LedgerError>>,
    is_given: bool,
    is_awaited: bool,
    waker: Option<Waker>,
}

impl<T> Slot<T> {
    pub(super) fn pair(ledger: &Arc<dyn Ledger>) -> (Answer<T>, Pending<T>) {
        let slot = Arc::new(Self {
            ledger: Arc::clone(ledger),
            state: Mutex::new(State {
                answer: None,
                is_given: false,
                is_awaited: true,
                waker: None,
            }),
            given: Condvar::new(),
        });
        (Answer(Arc::clone(&slot)), Pending(slot))
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give(&self, answer: Result<T, LedgerError>) {
        let mut state = self.lock();
        if state.is_given {
            return;
        }
        state.is_given = true;
        state.answer = Some(answer);
        let waker = state.waker.take();
        drop(state);
        self.given.notify_one();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn unavailable(&self, what: &str) -> LedgerError {
        LedgerError::unavailable(&self.ledger.to_string(), what)
    }
}

impl<T> Answer<T> {
    pub(super) fn give(self, answer: Result<T, LedgerError>) {
        self.0.give(answer);
    }

    pub(super) fn refuse(self, what: &str) {
        self.0.give(Err(self.0.unavailable(what)));
    }

    /// Whether anybody still wants to know.
    pub(super) fn is_awaited(&self) -> bool {
        self.0.lock().is_awaited
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        if !self.0.lock().is_given {
            self.0
                .give(Err(self.0.unavailable("its recorder has ended")));
        }
    }
}

impl<T> Pending<T> {
    /// Waits, no longer than this.
    ///
    /// # Errors
    /// [`LedgerError`]; [`Unavailable`](LedgerError::Unavailable) when the time is over.
    pub fn wait(self, deadline: Duration) -> Result<T, LedgerError> {
        let start = Instant::now();
        let mut state = self.0.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            let Some(left) = deadline
                .checked_sub(start.elapsed())
                .filter(|left| !left.is_zero())
            else {
                drop(state);
                let what = format!("it did not answer within {} ms", deadline.as_millis());
                return Err(self.0.unavailable(&what));
            };
            state = self
                .0
                .given
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, LedgerError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.lock();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                match &mut state.waker {
                    Some(waker) => waker.clone_from(context.waker()),
                    none => *none = Some(context.waker().clone()),
                }
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        self.0.lock().is_awaited = false;
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("is_given", &self.0.lock().is_given)
            .finish()
    }
}
