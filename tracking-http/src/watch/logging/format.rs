//! How lines look, where `tracing-subscriber` leaves that open.

use std::fmt::{self, Write};

use tracing::field::Field;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;
use tracking_core::issued::{Timestamp, Zone};
use tracking_core::shown::steers;
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
        text.chars()
            .try_for_each(|character| match steers(character) {
                true => write!(self.0, "{}", character.escape_default()),
                false => self.0.write_char(character),
            })
    }
}
