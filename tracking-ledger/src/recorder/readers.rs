//! The threads that ask a ledger what nobody who must not block can ask by themselves.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::pending::Answer;
use super::queue::Queue;
use crate::error::LedgerError;
use crate::ledger::Ledger;

/// How many questions wait at most.
const QUEUED_MAX: usize = 4_096;

type Question = Box<dyn FnOnce(&dyn Ledger) + Send>;

pub(super) struct Readers(Arc<Queue<Question>>);

impl Readers {
    pub(super) fn start(ledger: &Arc<dyn Ledger>, threads: usize) -> io::Result<Self> {
        let readers = Self::without_threads();
        for _ in 0..threads {
            let (queue, ledger) = (Arc::clone(&readers.0), Arc::clone(ledger));
            let name = "ledger-reader".into();
            thread::Builder::new()
                .name(name)
                .spawn(move || run(&queue, &*ledger))?;
        }
        Ok(readers)
    }

    /// Questions wait until somebody takes them.
    pub(super) fn without_threads() -> Self {
        Self(Arc::new(Queue::new(QUEUED_MAX)))
    }

    /// Answer the question that waits longest, if one does.
    #[cfg(feature = "testing")]
    pub(super) fn turn(&self, ledger: &dyn Ledger) {
        for question in self.0.take_now(1) {
            answer(question, ledger);
        }
    }

    pub(super) fn ask<T: Send + 'static>(
        &self,
        answer: Answer<T>,
        question: impl FnOnce(&dyn Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) {
        let question: Question = Box::new(move |ledger| {
            if answer.is_awaited() {
                answer.give(question(ledger));
            }
        });
        // One that is refused is dropped, and its answer says so.
        let _ = self.0.put(question, 1);
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn run(queue: &Queue<Question>, ledger: &dyn Ledger) {
    loop {
        let questions = queue.take(1);
        if questions.is_empty() {
            return;
        }
        for question in questions {
            answer(question, ledger);
        }
    }
}

/// One that panics ends neither the thread nor those behind it; whoever asked learns that it has ended.
fn answer(question: Question, ledger: &dyn Ledger) {
    let _ = catch_unwind(AssertUnwindSafe(|| question(ledger)));
}
