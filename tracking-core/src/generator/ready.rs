//! The future that resolves when a number is in hand. It needs nothing but `std::task`: the refill
//! thread wakes it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use super::Generator;
use super::tasks::TaskId;
use crate::store::allocator::AllocateError;

/// What [`Generator::ready`] returns.
#[must_use = "futures do nothing unless they are awaited"]
pub struct Ready {
    generator: Generator,
    deadline: Instant,
    task: Option<TaskId>,
}

impl Ready {
    pub(super) fn new(generator: Generator) -> Self {
        Self {
            deadline: Instant::now() + generator.shared.builder.deadline,
            generator,
            task: None,
        }
    }
}

impl Future for Ready {
    type Output = Result<(), AllocateError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self {
            generator,
            deadline,
            task,
        } = &mut *self;
        let supply = generator.supply();
        if supply.batches.has_any(supply.refill.now()) {
            return Poll::Ready(Ok(()));
        }
        match supply.refill.poll_ready(task, context.waker(), *deadline) {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        if let Some(task) = self.task {
            self.generator.supply().refill.forget(task);
        }
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}
