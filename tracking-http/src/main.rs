//! The program `tracking-http`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::FromArgMatches;
use signal_hook::consts::SIGXFSZ;
use tokio::runtime::Runtime;
use tokio::signal::unix::SignalKind;
use tracking_http::watch::logging::{self, Logs};
use tracking_http::{Args, Hangups, Signals, StartError};
use tracking_programs::args as start;

fn main() -> ExitCode {
    // Caught, it no longer ends the process: a write to a file that may grow no further fails with EFBIG.
    // Nothing is lost where that can't be had.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    let parsed = start::matches(Args::program, &Args::NEVER_EMPTY).and_then(|matches| {
        Args::from_arg_matches(&matches).map_err(|error| error.format(&mut Args::program()))
    });
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return start::answer(error),
    };
    if let Some(health) = args.health() {
        return match health.ask() {
            Ok(()) => ExitCode::SUCCESS,
            Err(unwell) => {
                let _ = writeln!(io::stderr(), "error: {unwell}");
                ExitCode::FAILURE
            }
        };
    }
    let logs = match logging::init(args.log_format()) {
        Ok(logs) => logs,
        Err(error) => {
            let error = StartError::Runtime(error);
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
    if args.is_check() {
        return check(&args, &logs);
    }
    match serve(args, &logs) {
        Ok(End::Drained) => ExitCode::SUCCESS,
        Ok(End::Cut(signal)) => ExitCode::from(killed_by(signal)),
        Err(error) => {
            logs.say(format_args!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

/// How a server ended that had started.
enum End {
    /// All that was asked is answered, or had its time.
    Drained,
    /// Somebody would not wait for that.
    Cut(SignalKind),
}

/// The exit code that shells give a process that a signal killed.
fn killed_by(signal: SignalKind) -> u8 {
    u8::try_from(128 + signal.as_raw_value()).unwrap_or(u8::MAX)
}

/// The exit code for a server that would not start.
const WOULD_NOT_START: u8 = 3;

fn check(args: &Args, logs: &Logs) -> ExitCode {
    for warning in args.warnings() {
        logs.say(format_args!("warning: {warning}"));
    }
    let checked = args.config().and_then(|config| {
        let runtime = runtime()?;
        let checked = runtime.block_on(tracking_http::check(config));
        // What hangs is waited for by nobody.
        runtime.shutdown_background();
        Ok(checked)
    });
    let (said, is_well) = match checked {
        Ok(checked) => (checked.to_string(), checked.errors.is_empty()),
        Err(error) => (format!("error: {error}"), false),
    };
    logs.say(format_args!("{said}"));
    match is_well {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(WOULD_NOT_START),
    }
}

/// What the main thread runs on.
fn runtime() -> Result<Runtime, StartError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)
}

fn serve(args: Args, logs: &Logs) -> Result<End, StartError> {
    for warning in args.warnings() {
        logs.say(format_args!("warning: {warning}"));
    }
    let config = args.config()?;
    // Connections are served by threads of their own.
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        // Before the line that says that it serves: who waits for that line may send a signal.
        let signals = Signals::new().map_err(StartError::Runtime)?;
        let hangups = Hangups::new().map_err(StartError::Runtime)?;
        let started = tracking_http::start(config).await?;
        for warning in &started.warnings {
            logs.say(format_args!("warning: {warning}"));
        }
        logs.say(format_args!("{}", started.welcome));
        // Until the very end: it must not kill a server that drains either.
        tokio::spawn(hangups.reload(&started.app));
        let (end, at_once) = signals.end();
        let server = tracking_http::run(started.app, started.limits, started.listener, end);
        // The other is dropped; with the server all connections are.
        tokio::select! {
            biased;
            drained = server => drained.map(|()| End::Drained).map_err(StartError::Runtime),
            signal = at_once => Ok(End::Cut(signal)),
        }
    });
    // Reading the tokens may hang on a disk that does. Nobody waits for that.
    runtime.shutdown_background();
    ended
}
