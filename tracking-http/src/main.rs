//! The program `tracking-http`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};
use signal_hook::consts::SIGXFSZ;
use tokio::signal::unix::SignalKind;
use tracking_http::watch::logging::{self, Logs};
use tracking_http::{Args, Hangups, Signals, StartError};
use tracking_programs::args as start;

fn main() -> ExitCode {
    // Caught, it no longer ends the process: a write to a file that may grow no further fails with EFBIG.
    // Nothing is lost where that can't be had.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    let parsed = start::matches(Args::command, &Args::NEVER_EMPTY).and_then(|matches| {
        Args::from_arg_matches(&matches).map_err(|error| error.format(&mut Args::command()))
    });
    let args = match parsed {
        Ok(args) => args,
        Err(error) => return start::answer(error),
    };
    let logs = match logging::init(args.log_format()) {
        Ok(logs) => logs,
        Err(error) => {
            let error = StartError::Runtime(error);
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
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

fn serve(args: Args, logs: &Logs) -> Result<End, StartError> {
    for warning in args.warnings() {
        logs.say(format_args!("warning: {warning}"));
    }
    let config = args.config()?;
    // Connections are served by threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
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
