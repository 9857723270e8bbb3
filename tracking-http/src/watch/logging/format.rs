//! How lines look, where `tracing-subscriber` leaves that open.

use std::fmt::{self, Write};
use std::io;

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;
use tracking_core::issued::{Timestamp, Zone};
use tracking_core::shown::{Plain, escape_json};
use tracking_core::{Clock as _, SystemClock};

/// RFC 3339 with milliseconds, by the clock that `created_at` in an answer is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock;

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now_ms = SystemClock.now_ms().try_into().unwrap_or_default();
        write!(
            writer,
            "{}",
            Timestamp::new(now_ms, Zone::UTC.offset_at(now_ms))
        )
    }
}

/// The message, then `name=value`. Nothing in them ends their line or steers a terminal.
pub(super) fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    debug_fn(|writer: &mut Writer<'_>, field: &Field, value| {
        if field.name() != "message" {
            write!(writer, "{field}=")?;
        }
        write!(Harmless(writer), "{value:?}")
    })
    .delimited(" ")
}

struct Harmless<'a, 'w>(&'a mut Writer<'w>);

impl Write for Harmless<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write!(self.0, "{}", Plain::of(text))
    }
}

/// Takes objects on, a whole line at a time, so that nothing in them steers a terminal either.
#[derive(Debug, Clone)]
pub(super) struct HarmlessJson<W>(pub(super) W);

impl<W: io::Write> io::Write for HarmlessJson<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // As nearly all are: of what JSON leaves as it is, nothing below steers.
        if line.iter().all(|byte| *byte < 0x7f) {
            return self.0.write(line);
        }
        self.0.write_all(&escape_json(line.to_vec()))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
