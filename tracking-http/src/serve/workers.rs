//! The threads that serve connections.
//!
//! Each has a runtime of its own, and a connection stays with one of them. A runtime that all threads share
//! hands connections that are ready to threads that sleep, and to wake one takes longer than to answer:
//! that was a tenth of a request's CPU time and more.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// More threads serve more requests than any shop has.
const WORKERS_MAX: usize = 8;

/// New connections come from another thread, and wait behind tasks that are ready. Every second task that runs
/// is one of theirs, if there is one. By default it is every 31st: beside clients that keep the thread busy, the
/// last of 500 newcomers then waits for seconds.
const NEWCOMERS_EVERY: u32 = 2;

/// A thread for each core but one. They end when this is dropped, and so do the tasks on them.
#[derive(Debug)]
pub(crate) struct Workers {
    all: Vec<Worker>,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    /// A clone for each task.
    tasks: Arc<()>,
    /// Dropped to end it.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Workers {
    /// # Errors
    /// The system gives us no threads, or nothing to wait with.
    pub(crate) fn start() -> io::Result<Self> {
        // One is left to the kernel's share of the work, to accept, to reserve and to log. To share all of them
        // leaves threads asleep more often, and to wake one costs more than to answer.
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Self::of((cores - 1).clamp(1, WORKERS_MAX))
    }

    fn of(count: usize) -> io::Result<Self> {
        let all = (0..count).map(|_| Worker::start());
        Ok(Self {
            all: all.collect::<io::Result<_>>()?,
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Run a task on the thread that has the fewest.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let fewest = self
            .all
            .iter()
            .min_by_key(|worker| Arc::strong_count(&worker.tasks));
        if let Some(worker) = fewest {
            let counted = Arc::clone(&worker.tasks);
            worker.runtime.spawn(async move {
                task.await;
                drop(counted);
            });
        }
    }
}

impl Worker {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .global_queue_interval(NEWCOMERS_EVERY)
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let handle = runtime.handle().clone();
        let thread = thread::Builder::new()
            .name("connections".to_owned())
            .spawn(move || {
                // An error is the sender's end.
                let _ = runtime.block_on(stopped);
                // A look at a store that hangs is not waited for.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            runtime: handle,
            tasks: Arc::default(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of it was said already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::future::pending;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn tasks_are_spread_and_end_with_their_threads() {
        let count = 3;
        let workers = Workers::of(count).unwrap();
        let (said, hear) = mpsc::channel();
        for _ in 0..3 * count {
            let said = said.clone();
            workers.spawn(async move {
                said.send(thread::current().id()).unwrap();
                pending::<()>().await;
                drop(said);
            });
        }
        drop(said);
        let threads: Vec<_> = hear.iter().take(3 * count).collect();
        assert_eq!(threads.iter().collect::<HashSet<_>>().len(), count);
        for thread in &threads {
            let tasks = threads.iter().filter(|other| *other == thread).count();
            assert_eq!(tasks, 3, "{threads:?}");
        }
        drop(workers);
        assert!(hear.recv().is_err(), "a task outlived its thread");
    }

    #[test]
    fn a_thread_whose_tasks_have_ended_gets_the_next() {
        let workers = Workers::of(3).unwrap();
        let (said, hear) = mpsc::channel();
        for _ in 0..1_000 {
            let said = said.clone();
            workers.spawn(async move { said.send(()).unwrap() });
            hear.recv().unwrap();
        }
        let most = workers
            .all
            .iter()
            .map(|worker| Arc::strong_count(&worker.tasks));
        // The last one may just be ending.
        assert!(most.max().unwrap() <= 3);
    }
}
