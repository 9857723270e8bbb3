//! The writer's end of the log, and how far it has come.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking};
use tracing_subscriber::fmt::MakeWriter;

/// So many bytes are written at once, where so many lines have come meanwhile.
const BATCH: usize = 64 * 1024;

/// How long a line may wait for others.
const PAUSE: Duration = Duration::from_millis(20);

/// How long the program waits for stderr, at its end and before a panic is reported.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it looks, and how long until stderr is tried again if somebody made it non-blocking and it is full.
const RETRY: Duration = Duration::from_millis(5);

/// How many lines were taken, dropped and written. A line that is neither of the last two waits.
#[derive(Debug, Default)]
pub(super) struct Progress {
    taken: AtomicUsize,
    written: AtomicUsize,
    dropped: OnceLock<ErrorCounter>,
    /// Of the dropped ones, those that were spoken of.
    told: AtomicUsize,
}

impl Progress {
    pub(super) fn dropped_by(&self, counter: ErrorCounter) {
        // It is called once.
        let _ = self.dropped.set(counter);
    }

    fn dropped(&self) -> usize {
        self.dropped.get().map_or(0, ErrorCounter::dropped_lines)
    }

    /// Wait until all lines taken so far are written, but not forever: whether they are.
    pub(super) fn wait(&self) -> bool {
        let taken = self.taken.load(Ordering::Acquire);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.has_come_to(taken) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sleep(RETRY);
        }
    }

    fn has_come_to(&self, taken: usize) -> bool {
        self.written.load(Ordering::Acquire) + self.dropped() >= taken
    }

    /// Say that lines are missing, in a line of its own, unless that would find no room itself.
    fn tell(&self) {
        let dropped = self.dropped();
        if !self.has_come_to(self.taken.load(Ordering::Acquire)) {
            return;
        }
        let told = self.told.swap(dropped, Ordering::Relaxed);
        if dropped > told {
            tracing::warn!(
                dropped = dropped - told,
                "lines of this log were dropped, since they came faster than they were taken"
            );
        }
    }
}

/// Counts the lines that it hands over.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    lines: NonBlocking,
    progress: Arc<Progress>,
}

impl Counting {
    pub(super) fn new(lines: NonBlocking, progress: Arc<Progress>) -> Self {
        Self { lines, progress }
    }
}

impl<'a> MakeWriter<'a> for Counting {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Counting {
    /// A whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.progress.taken.fetch_add(1, Ordering::AcqRel);
        self.lines.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the writer's thread writes to: it never fails, since nobody to write to is no reason to stop anything.
#[derive(Debug)]
pub(super) struct Out<W> {
    out: W,
    batch: Vec<u8>,
    lines: usize,
    progress: Arc<Progress>,
}

impl<W: Write> Out<W> {
    pub(super) fn new(out: W, progress: Arc<Progress>) -> Self {
        Self {
            out,
            batch: Vec::with_capacity(BATCH),
            lines: 0,
            progress,
        }
    }

    fn write_batch(&mut self) {
        let mut bytes = &self.batch[..];
        while !bytes.is_empty() {
            match self.out.write(bytes) {
                Ok(0) => break,
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(RETRY),
                Err(_) => break,
            }
        }
        self.batch.clear();
        self.progress
            .written
            .fetch_add(self.lines, Ordering::AcqRel);
        self.lines = 0;
    }
}

impl<W: Write> Write for Out<W> {
    /// A whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.batch.extend_from_slice(line);
        self.lines += 1;
        if self.batch.len() >= BATCH {
            self.write_batch();
        }
        Ok(line.len())
    }

    /// No more lines wait: let some come, so that they are written together, and so that who logs need not wake this
    /// thread for each.
    fn flush(&mut self) -> io::Result<()> {
        self.write_batch();
        self.progress.tell();
        sleep(PAUSE);
        Ok(())
    }
}
