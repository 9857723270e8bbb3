//! From an event to its line.

use std::cell::Cell;
use std::sync::Arc;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracking_core::issued::{Timestamp, Zone};
use tracking_core::{Clock, SystemClock};

use super::fields::{Fields, Style};
use super::sink::Sink;

/// A line's memory is kept for the next one of its thread, unless it is larger than this.
const KEPT_MAX: usize = 16 * 1024;

thread_local! {
    /// Taken while a line is written, so that a value that logs as it is written finds none, and makes
    /// another.
    static LAST: Cell<Last> = const { Cell::new(Last { line: Vec::new(), now_ms: 0, time: Vec::new() }) };
}

/// What a thread keeps of its last line: the memory of it, and the time, which many lines share.
#[derive(Default)]
struct Last {
    line: Vec<u8>,
    now_ms: u64,
    time: Vec<u8>,
}

/// Writes each event as one line. Spans are not shown; this server has none.
#[derive(Debug)]
pub(super) struct Lines {
    style: Style,
    sink: Arc<Sink>,
}

impl Lines {
    pub(super) fn new(style: Style, sink: Arc<Sink>) -> Self {
        Self { style, sink }
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut last = LAST.try_with(Cell::take).unwrap_or_default();
        // Good for the coarse clock: `created_at` in an answer is of the same one.
        let now_ms = SystemClock.now_ms().try_into().unwrap_or_default();
        if now_ms != last.now_ms || last.time.is_empty() {
            last.now_ms = now_ms;
            last.time.clear();
            write_time(&mut last.time, now_ms);
        }
        let Last { line, time, .. } = &mut last;
        write(line, self.style, time, event);
        self.sink
            .put(line, *event.metadata().level() <= Level::WARN);
        if line.capacity() <= KEPT_MAX {
            line.clear();
            // Gone when the thread ends.
            let _ = LAST.try_with(|kept| kept.set(last));
        }
    }
}

fn write_time(time: &mut Vec<u8>, now_ms: u64) {
    Timestamp::new(now_ms, Zone::UTC.offset_at(now_ms)).write(time);
}

fn write(line: &mut Vec<u8>, style: Style, time: &[u8], event: &Event<'_>) {
    let (level, target) = (*event.metadata().level(), event.metadata().target());
    match style {
        Style::Json => {
            line.extend_from_slice(b"{\"timestamp\":\"");
            line.extend_from_slice(time);
            line.extend_from_slice(b"\",\"level\":\"");
            line.extend_from_slice(level.as_str().as_bytes());
            line.extend_from_slice(b"\",\"target\":\"");
            // A path of Rust, which needs no escape.
            line.extend_from_slice(target.as_bytes());
            line.push(b'"');
        }
        Style::Plain => {
            line.extend_from_slice(time);
            line.extend_from_slice(padded(level).as_bytes());
            line.extend_from_slice(target.as_bytes());
            line.push(b':');
        }
        Style::Coloured => {
            line.extend_from_slice(b"\x1b[2m");
            line.extend_from_slice(time);
            line.extend_from_slice(b"\x1b[0m\x1b[");
            line.extend_from_slice(colour(level));
            line.extend_from_slice(padded(level).as_bytes());
            line.extend_from_slice(b"\x1b[0m\x1b[2m");
            line.extend_from_slice(target.as_bytes());
            line.extend_from_slice(b":\x1b[0m");
        }
    }
    event.record(&mut Fields { line, style });
    if style == Style::Json {
        line.push(b'}');
    }
    line.push(b'\n');
}

/// With what is round it, so that targets stand below each other.
fn padded(level: Level) -> &'static str {
    match level {
        Level::ERROR => " ERROR ",
        Level::WARN => "  WARN ",
        Level::INFO => "  INFO ",
        Level::DEBUG => " DEBUG ",
        Level::TRACE => " TRACE ",
    }
}

/// Red, yellow, green, blue, purple.
fn colour(level: Level) -> &'static [u8] {
    match level {
        Level::ERROR => b"31m",
        Level::WARN => b"33m",
        Level::INFO => b"32m",
        Level::DEBUG => b"34m",
        Level::TRACE => b"35m",
    }
}

#[cfg(test)]
mod tests;
