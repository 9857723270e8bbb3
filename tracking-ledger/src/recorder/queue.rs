//! A queue with a bound, from many threads to few.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::pending::Answer;
use crate::recording::{Recorded, Recording};

/// A recording, and who waits for it.
pub(super) struct Job {
    pub(super) recording: Recording,
    pub(super) answer: Answer<Recorded>,
}

pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    weight_max: usize,
}

struct State<T> {
    waiting: VecDeque<(T, usize)>,
    weight: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    /// A queue for as much as this weighs together.
    pub(super) fn new(weight_max: usize) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            weight: 0,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
            weight_max,
        }
    }

    /// Gives it back where there is no room, or nobody takes any more.
    pub(super) fn put(&self, item: T, weight: usize) -> Result<(), T> {
        let mut state = self.lock();
        if state.is_closed || state.weight + weight > self.weight_max {
            return Err(item);
        }
        state.weight += weight;
        state.waiting.push_back((item, weight));
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for the first, and takes those behind it that weigh no more than this together with it. Nothing when it
    /// is closed and empty.
    pub(super) fn take(&self, weight_max: usize) -> Vec<T> {
        let mut state = self.lock();
        while state.waiting.is_empty() && !state.is_closed {
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.take(weight_max)
    }

    /// The same, without waiting: nothing where it is empty.
    #[cfg(feature = "testing")]
    pub(super) fn take_now(&self, weight_max: usize) -> Vec<T> {
        self.lock().take(weight_max)
    }

    /// What waits is still taken; nothing comes on top.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }

    /// What waits now.
    pub(super) fn weight(&self) -> usize {
        self.lock().weight
    }

    /// Nobody will take any more: not even what waits, whose callers learn it when it is dropped.
    pub(super) fn abandon(&self) {
        self.close();
        let waiting = std::mem::take(&mut self.lock().waiting);
        drop(waiting);
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn take(&mut self, weight_max: usize) -> Vec<T> {
        let (mut taken, mut weighs) = (Vec::new(), 0);
        while let Some((item, weight)) = self.waiting.pop_front() {
            if !taken.is_empty() && weighs + weight > weight_max {
                self.waiting.push_front((item, weight));
                break;
            }
            weighs += weight;
            taken.push(item);
        }
        self.weight -= weighs;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_come_in_their_order_and_no_more_than_fits() {
        let queue = Queue::new(10);
        for (item, weight) in [(1, 4), (2, 4), (3, 2)] {
            queue.put(item, weight).unwrap();
        }
        assert_eq!(queue.put(4, 1), Err(4));
        assert_eq!(queue.take(8), [1, 2]);
        queue.put(4, 8).unwrap();
        // The first is taken, whatever it weighs.
        assert_eq!(queue.take(1), [3]);
        assert_eq!(queue.take(1), [4]);
        queue.put(5, 1).unwrap();
        queue.close();
        assert_eq!(queue.put(6, 1), Err(6));
        assert_eq!(queue.take(1), [5]);
        assert!(queue.take(1).is_empty());
        assert_eq!(queue.weight(), 0);
    }
}
