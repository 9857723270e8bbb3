//! The program `tracking-http`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tracking_http::logging::{self, Logs};
use tracking_http::{Args, Hangups, Signals, StartError};

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
    // Connections are served by threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
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
        tracking_http::run(started.app, started.limits, started.listener, signals.end())
            .await
            .map_err(StartError::Runtime)
    })
}
