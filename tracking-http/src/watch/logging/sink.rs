//! The way of lines to stderr, which never holds up who logs.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::serve::shards::Shards;

/// How long a line may wait for others to be written with.
const DELAY: Duration = Duration::from_millis(100);

/// So many bytes of a thread are written without waiting for more.
const BATCH: usize = 64 * 1024;

/// So many bytes of a thread wait at most, while stderr takes none or the writer has no turn. Lines beyond are
/// dropped, and counted.
const WAITING_MAX: usize = 1024 * 1024;

/// So many more are left for lines that are important.
const RESERVE: usize = 64 * 1024;

/// How long the program waits for stderr, at its end and before a panic is reported.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long until stderr is tried again, if somebody made it non-blocking and it is full.
const RETRY: Duration = Duration::from_millis(10);

/// Lines that wait to be written by a thread of their own: a `write` for each line costs a request more than
/// all else that is done for the line, and when nobody reads stderr it blocks.
///
/// Each thread has lines of its own, which stay in their order; a lock and a buffer that all of them write
/// cost as much as to make the line.
#[derive(Debug)]
pub(super) struct Sink {
    shared: Arc<Shared>,
    at_once: bool,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Shards<Mutex<Waiting>>,
    /// Whether the writer must be told of the first line. It writes this before it looks at what waits, and who
    /// adds a line reads it afterwards: the lock of those lines puts the one before the other.
    sleeps: AtomicBool,
    state: Mutex<State>,
    /// For the writer: there is something to do.
    work: Condvar,
    /// For those who wait for the writer.
    done: Condvar,
}

/// Whole lines of a thread.
#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// How many lines were dropped and not yet spoken of.
    dropped: u64,
}

#[derive(Debug, Default)]
struct State {
    has_lines: bool,
    /// What waits is to be written now.
    is_due: bool,
    /// How often all lines until then were wanted to be written, and how often they were.
    flushes_wanted: u64,
    flushes_done: u64,
    is_closed: bool,
}

impl State {
    fn must_write(&self) -> bool {
        self.is_due || self.is_closed || self.flushes_wanted > self.flushes_done
    }
}

impl Sink {
    /// Write to `out`; `at_once` where a person watches.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn new(out: impl Write + Send + 'static, at_once: bool) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        // The first thread to have lines has the first place.
        let _first = shared.waiting.mine();
        let writer = Arc::clone(&shared);
        thread::Builder::new()
            .name("logs".to_owned())
            .spawn(move || writer.write(out))?;
        Ok(Self { shared, at_once })
    }

    /// Take a whole line. An important one is written at once.
    pub(super) fn put(&self, line: &[u8], is_important: bool) {
        let most = WAITING_MAX + if is_important { RESERVE } else { 0 };
        let mut mine = lock(self.shared.waiting.mine());
        let before = mine.bytes.len();
        let after = before + line.len();
        if after > most {
            mine.dropped += 1;
            return;
        }
        mine.bytes.extend_from_slice(line);
        drop(mine);
        let is_due = is_important || self.at_once || (before < BATCH && BATCH <= after);
        if is_due || self.shared.sleeps.load(Ordering::Relaxed) {
            let mut state = lock(&self.shared.state);
            state.has_lines = true;
            state.is_due |= is_due;
            drop(state);
            self.shared.work.notify_one();
        }
    }

    /// Wait until all lines taken so far are written, but not forever: nobody may be reading.
    pub(super) fn flush(&self) {
        let mut state = lock(&self.shared.state);
        state.flushes_wanted += 1;
        let wanted = state.flushes_wanted;
        self.shared.work.notify_one();
        let unwritten = |state: &mut State| state.flushes_done < wanted;
        let waited = self
            .shared
            .done
            .wait_timeout_while(state, PATIENCE, unwritten);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        lock(&self.shared.state).is_closed = true;
        self.shared.work.notify_one();
    }
}

/// What is behind these locks is never half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The writer's thread.
    fn write(&self, mut out: impl Write) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut dropped = 0;
        loop {
            let state = self.wait();
            let (flushes, is_closed) = (state.flushes_wanted, state.is_closed);
            drop(state);
            dropped += self.write_waiting(&mut out, &mut batch);
            if dropped > 0 {
                tracing::warn!(
                    dropped,
                    "lines of this log were dropped, since they came faster than they were taken"
                );
                // That line, which who flushes should see.
                dropped = self.write_waiting(&mut out, &mut batch);
            }
            lock(&self.state).flushes_done = flushes;
            self.done.notify_all();
            if is_closed {
                return;
            }
        }
    }

    /// Write what waits, by means of an empty `batch`. How many lines were dropped.
    fn write_waiting(&self, out: &mut impl Write, batch: &mut Vec<u8>) -> u64 {
        let mut dropped = 0;
        // That of the thread that made the sink comes last: what it logs is most often about the others.
        for waiting in self.waiting.iter().rev() {
            let mut waiting = lock(waiting);
            std::mem::swap(batch, &mut waiting.bytes);
            dropped += std::mem::take(&mut waiting.dropped);
            drop(waiting);
            write_all(out, batch);
            batch.clear();
            // What a burst needed is given back.
            batch.shrink_to(BATCH * 2);
        }
        dropped
    }

    /// Wait for lines, and then for more of them, unless they must be written.
    fn wait(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        self.sleeps.store(true, Ordering::Relaxed);
        state.has_lines |= self.has_lines();
        let nothing = |state: &mut State| !state.has_lines && !state.must_write();
        let woken = self.work.wait_while(state, nothing);
        state = woken.unwrap_or_else(PoisonError::into_inner);
        self.sleeps.store(false, Ordering::Relaxed);
        let early = |state: &mut State| !state.must_write();
        let waited = self.work.wait_timeout_while(state, DELAY, early);
        (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        (state.has_lines, state.is_due) = (false, false);
        state
    }

    fn has_lines(&self) -> bool {
        self.waiting
            .iter()
            .any(|waiting| !lock(waiting).bytes.is_empty())
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
