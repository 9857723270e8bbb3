//! Logs: a line for each event of `tracing`, as text or JSON, on stderr; `RUST_LOG` chooses which.
//!
//! What a customer sent, a query above all, goes into no log at any level.
//!
//! An event becomes a line in `lines`, its fields are written by `fields`, and `sink` takes the line to stderr.
//! The formatters of `tracing-subscriber` cost 0.8 (text) and 1.1 us (JSON) of CPU a request line, and a
//! `write` for each line nearly as much again (1.6 and 1.5 us in all); text through `tracing-appender` costs
//! 1.3 us. Ours cost 0.2 us, and 1 us is all that a request may cost more than one that warp answers by
//! itself. The program `logs` of `tracking-bench` measures that.

mod fields;
mod filter;
mod lines;
mod request;
mod sink;
mod throttle;

use std::fmt;
use std::io::{self, IsTerminal};
use std::panic;
use std::sync::Arc;

use clap::ValueEnum;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use self::fields::Style;
use self::filter::Hushed;
use self::lines::Lines;
pub(crate) use self::request::{known, log_request};
use self::sink::Sink;
pub(crate) use self::throttle::Throttle;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people: time, level, where it comes from, the message, then `name=value`
    Text,
    /// For machines: an object a line
    Json,
}

/// The logs of a program, which are written out when it is dropped.
#[derive(Debug)]
#[must_use = "what is still unwritten is lost with the process"]
pub struct Logs {
    sink: Arc<Sink>,
}

/// Log to stderr what `RUST_LOG` asks for, else what is of level `info` or above.
///
/// # Errors
/// The system gives us no thread to write with, or something else logs already.
pub fn init(format: LogFormat) -> io::Result<Logs> {
    let is_terminal = io::stderr().is_terminal();
    let sink = Arc::new(Sink::new(io::stderr(), is_terminal)?);
    let style = match format {
        LogFormat::Json => Style::Json,
        LogFormat::Text if is_terminal && std::env::var_os("NO_COLOR").is_none() => Style::Coloured,
        LogFormat::Text => Style::Plain,
    };
    let subscriber = Registry::default()
        .with(filter::from_environment())
        .with(Hushed)
        .with(Lines::new(style, Arc::clone(&sink)));
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    flush_on_panic(Arc::clone(&sink));
    Ok(Logs { sink })
}

/// What led to a panic is to be read above it.
fn flush_on_panic(sink: Arc<Sink>) {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        sink.flush();
        report(panic);
    }));
}

impl Logs {
    /// Wait until what was logged so far is written, but not forever: nobody may be reading.
    pub fn flush(&self) {
        self.sink.flush();
    }

    /// A line to whoever started the program, after all that was logged until now. Nobody may be
    /// reading it, and that stops no server.
    pub fn say(&self, line: fmt::Arguments<'_>) {
        self.sink.put(format!("{line}\n").as_bytes(), true);
        self.flush();
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::sink::tests::Out;
    use super::*;

    #[test]
    fn a_panic_is_reported_below_what_was_logged_before() {
        let out = Out::default();
        let sink = Arc::new(Sink::new(out.clone(), false).unwrap());
        let (report, reported) = mpsc::channel();
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // Other tests may panic meanwhile.
            if panic.payload_as_str() == Some("on purpose") {
                let _ = report.send(out.text());
            } else {
                usual(panic);
            }
        }));
        flush_on_panic(Arc::clone(&sink));
        sink.put(b"before\n", false);
        assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
        assert_eq!(reported.recv().unwrap(), "before\n");
    }
}
