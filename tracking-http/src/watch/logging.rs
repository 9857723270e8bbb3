//! Logs: a line for each event of `tracing`, as text or JSON, on stderr; `RUST_LOG` chooses which.
//!
//! What a customer sent, a query above all, goes into no log at any level.
//!
//! Lines are made by `tracing-subscriber`, and written by the thread of `tracing-appender`, so that nobody who
//! logs waits for stderr. The program `logs` of `tracking-bench` measures what a line costs.

mod filter;
mod format;
mod out;
mod request;
mod throttle;

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::sync::Arc;

use clap::ValueEnum;
use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use self::filter::Hushed;
use self::format::{Clock, HarmlessJson, fields};
use self::out::{Counting, Out, Progress};
pub(crate) use self::request::{known, log_request};
pub(crate) use self::throttle::Throttle;

/// So many lines wait at most while stderr takes none: some 2 MB. Those beyond are dropped, and counted.
const WAITING_MAX: usize = 8_192;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: time, level, where it comes from, the message, then `name=value`
    Text,
    /// For machines: an object a line
    Json,
}

/// The logs of a program, which are written out when it is dropped.
#[must_use = "what is still unwritten is lost with the process"]
pub struct Logs {
    lines: NonBlocking,
    progress: Arc<Progress>,
    /// Dropped, it ends the writer's thread.
    guard: Option<WorkerGuard>,
}

/// Log to stderr what `RUST_LOG` asks for, else what is of level `info` or above.
///
/// # Errors
/// Something else logs already, or the system has no thread for it.
pub fn init(format: LogFormat) -> io::Result<Logs> {
    // What writes the lines would panic then.
    let _ = std::thread::Builder::new().spawn(|| ())?.join();
    let is_coloured = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (layer, logs) = lines(format, io::stderr(), is_coloured);
    let subscriber = Registry::default()
        .with(filter::from_environment())
        .with(Hushed)
        .with(layer);
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    flush_on_panic(Arc::clone(&logs.progress));
    Ok(logs)
}

/// What writes lines to `out`.
fn lines<S>(
    format: LogFormat,
    out: impl Write + Send + 'static,
    is_coloured: bool,
) -> (Box<dyn Layer<S> + Send + Sync>, Logs)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let progress = Arc::<Progress>::default();
    let (lines, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(WAITING_MAX)
        .thread_name("logs")
        .finish(Out::new(out, Arc::clone(&progress)));
    progress.dropped_by(lines.error_counter());
    let layer = tracing_subscriber::fmt::layer()
        .with_timer(Clock)
        .with_writer(Counting::new(lines.clone(), Arc::clone(&progress)));
    let layer = match format {
        LogFormat::Json => layer
            .json()
            .flatten_event(true)
            .map_writer(|lines| move || HarmlessJson(lines.clone()))
            .boxed(),
        LogFormat::Text => layer.with_ansi(is_coloured).fmt_fields(fields()).boxed(),
    };
    let logs = Logs {
        lines,
        progress,
        guard: Some(guard),
    };
    (layer, logs)
}

/// What led to a panic is to be read above it.
fn flush_on_panic(progress: Arc<Progress>) {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        progress.wait();
        report(panic);
    }));
}

impl Logs {
    /// Wait until what was logged so far is written, but not forever: nobody may be reading.
    pub fn flush(&self) {
        self.progress.wait();
    }

    /// A line to whoever started the program, after all that was logged until now. Nobody may be
    /// reading it, and that stops no server.
    pub fn say(&self, line: fmt::Arguments<'_>) {
        let mut lines = Counting::new(self.lines.clone(), Arc::clone(&self.progress));
        // What becomes of it is not known here.
        let _ = lines.write_all(format!("{line}\n").as_bytes());
        self.flush();
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        // The guard of a writer that hangs would say so on stdout, which is nobody's here.
        if !self.progress.wait() {
            std::mem::forget(self.guard.take());
        }
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
