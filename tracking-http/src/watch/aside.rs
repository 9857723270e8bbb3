//! Work that blocks, aside from the threads that serve.
//!
//! Tokio has a pool for that, which panics where the system gives it no thread.

use std::{io, thread};

use tokio::sync::oneshot;

/// Have it done on a thread of its own, which is not waited for where nobody waits for its answer.
///
/// # Errors
/// The system has no thread for it, or it panicked, which was said then.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (answer, answered) = oneshot::channel();
    thread::Builder::new()
        .name("aside".to_owned())
        .spawn(move || {
            // Where nobody waits for it any more, it is dropped.
            let _ = answer.send(work());
        })?;
    answered
        .await
        .map_err(|_| io::Error::other("the thread that did it panicked"))
}
