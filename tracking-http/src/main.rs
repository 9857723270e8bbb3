//! The program `tracking-http`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tracking_http::logging::{self, Logs};
use tracking_http::{Args, Hangups, Signals, StartError};

/// More than this many threads serve more requests than any shop has.
const WORKERS_MAX: usize = 8;

fn main() -> ExitCode {
    let args = Args::parse();
    let logs = match logging::init(args.log_format()) {
        Ok(logs) => logs,
        Err(error) => {
            let error = StartError::Runtime(error);
            let _ = writeln!(io::stderr(), "error: {error}");
            return ExitCode::from(error.exit_code());
        }
    };
    match serve(args, &logs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logs.say(format_args!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn serve(args: Args, logs: &Logs) -> Result<(), StartError> {
    if let Some(warning) = args.warning() {
        logs.say(format_args!("warning: {warning}"));
    }
    let config = args.config()?;
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.min(WORKERS_MAX))
        .enable_all()
        .build()
        .map_err(StartError::Runtime)?;
    runtime.block_on(async {
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
        tracking_http::run(started.app, started.limits, started.listener, signals.end()).await;
        Ok(())
    })
}
