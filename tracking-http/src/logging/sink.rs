//! The way of lines to stderr, which never holds up who logs.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a line may wait for others to be written with.
const DELAY: Duration = Duration::from_millis(100);

/// So many bytes are written without waiting for more.
const BATCH: usize = 64 * 1024;

/// So many bytes wait at most while stderr takes none. Lines beyond are dropped, and counted.
const WAITING_MAX: usize = 1024 * 1024;

/// So many more are left for lines that are important.
const RESERVE: usize = 64 * 1024;

/// How long the program waits for stderr, at its end and before a panic is reported.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long until stderr is tried again, if somebody made it non-blocking and it is full.
const RETRY: Duration = Duration::from_millis(10);

/// Lines that wait to be written by a thread of their own: a `write` for each line costs a request more than
/// all else that is done for the line, and when nobody reads stderr it blocks.
#[derive(Debug)]
pub(super) struct Sink {
    shared: Arc<Shared>,
    at_once: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// For the writer: there is something to do.
    work: Condvar,
    /// For those who wait for the writer.
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// What waits is to be written now.
    is_due: bool,
    /// How many bytes were taken, and how many of them were written, ever.
    taken: u64,
    written: u64,
    /// How many lines were dropped and not yet spoken of.
    dropped: u64,
    is_closed: bool,
}

impl Sink {
    /// Write to `out`; `at_once` where a person watches.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn new(out: impl Write + Send + 'static, at_once: bool) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let writer = Arc::clone(&shared);
        thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || writer.write(out))?;
        Ok(Self { shared, at_once })
    }

    /// Take a whole line. An important one is written at once.
    pub(super) fn put(&self, line: &[u8], is_important: bool) {
        let most = WAITING_MAX + if is_important { RESERVE } else { 0 };
        let mut state = self.shared.lock();
        if state.waiting.len() + line.len() > most {
            state.dropped += 1;
            return;
        }
        let is_first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        state.taken += line.len() as u64;
        let is_due = is_important || self.at_once || state.waiting.len() >= BATCH;
        let becomes_due = is_due && !state.is_due;
        state.is_due |= is_due;
        drop(state);
        // A notification is a system call, so there is none for most lines.
        if is_first || becomes_due {
            self.shared.work.notify_one();
        }
    }

    /// Wait until all lines taken so far are written, but not forever: nobody may be reading.
    pub(super) fn flush(&self) {
        let mut state = self.shared.lock();
        let taken = state.taken;
        if state.written >= taken {
            return;
        }
        state.is_due = true;
        self.shared.work.notify_one();
        let unwritten = |state: &mut State| state.written < taken;
        let waited = self
            .shared
            .done
            .wait_timeout_while(state, PATIENCE, unwritten);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.work.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No line is ever half taken.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writer's thread.
    fn write(&self, mut out: impl Write) {
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(dropped) = self.next(&mut batch) {
            write_all(&mut out, &batch);
            self.lock().written += batch.len() as u64;
            self.done.notify_all();
            batch.clear();
            // What a burst needed is given back.
            batch.shrink_to(BATCH * 2);
            if dropped > 0 {
                tracing::warn!(
                    dropped,
                    "lines of this log were dropped, since nobody took them"
                );
            }
        }
    }

    /// Wait for lines, and swap them into the empty `batch`. None when there will be none; else how many were
    /// dropped before.
    fn next(&self, batch: &mut Vec<u8>) -> Option<u64> {
        let idle = |state: &mut State| state.waiting.is_empty() && !state.is_closed;
        let state = self.work.wait_while(self.lock(), idle);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let early = |state: &mut State| !state.is_due && !state.is_closed;
        let waited = self.work.wait_timeout_while(state, DELAY, early);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            return None;
        }
        std::mem::swap(batch, &mut state.waiting);
        state.is_due = false;
        Some(std::mem::take(&mut state.dropped))
    }
}

/// Write it all, unless there is nobody to write it to, which is no reason to stop anything.
fn write_all(out: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match out.write(bytes) {
            Ok(0) => return,
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            Err(_) => return,
        }
    }
    let _ = out.flush();
}

#[cfg(test)]
pub(super) mod tests;
