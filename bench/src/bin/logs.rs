//! The CPU time of a request's line in the log, as the server writes it and as `tracing-subscriber` does by itself,
//! a write for each line:
//!
//! `cargo run --release -p tracking-bench --bin logs [LINES]`
//!
//! Each format is tried in a process of its own, whose stderr is a file. What all threads of that process
//! have run is counted, so the writing is, too.

use std::error::Error;
use std::hint::black_box;
use std::io;
use std::process::{Command, Stdio};

use tracing_subscriber::EnvFilter;
use tracking_http::watch::logging::{self, LogFormat};

const WAYS: [&str; 5] = ["off", "text", "json", "stock-text", "stock-json"];
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let lines = arguments.first().map_or(Ok(200_000), |text| text.parse())?;
    if let Some(way) = arguments.get(1) {
        return log(way, lines);
    }
    println!("least and most of {ROUNDS} rounds of {lines} lines, ns of CPU a line");
    for way in WAYS {
        let status = Command::new(std::env::current_exe()?)
            .args([&lines.to_string(), way])
            .env_remove("RUST_LOG")
            .stderr(Stdio::from(tempfile::tempfile()?))
            .status()?;
        if !status.success() {
            return Err(format!("{way}: {status}").into());
        }
    }
    Ok(())
}

fn log(way: &str, lines: u64) -> Result<(), Box<dyn Error>> {
    let stock = || {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new("info"))
            .with_ansi(false)
            .with_writer(io::stderr)
    };
    let logs = match way {
        "text" => Some(logging::init(LogFormat::Text)?),
        "json" => Some(logging::init(LogFormat::Json)?),
        "stock-text" => {
            stock().init();
            None
        }
        "stock-json" => {
            stock().json().flatten_event(true).init();
            None
        }
        _ => None,
    };
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let before = cpu_ns()?;
        for line in 0..lines {
            log_request(line);
            // So that none is dropped: no server answers faster.
            if let Some(logs) = logs.as_ref().filter(|_| line % 4_096 == 0) {
                logs.flush();
            }
        }
        if let Some(logs) = &logs {
            logs.flush();
        }
        rounds.push((cpu_ns()? - before) / lines);
    }
    rounds.sort_unstable();
    println!("{way:<12} {:>6} {:>6}", rounds[0], rounds[ROUNDS - 1]);
    Ok(())
}

/// As the server does.
#[inline(never)]
fn log_request(line: u64) {
    tracing::info!(
        target: "tracking_http::request",
        id = black_box("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"),
        method = black_box("GET"),
        route = black_box("/next-tracking-number"),
        status = black_box(200_u16),
        ms = (line % 1_000) as f64 / 1_000.0,
        token = black_box(Some("shop-a")),
        "answered"
    );
}

/// Nanoseconds that the threads of this process have run.
fn cpu_ns() -> Result<u64, Box<dyn Error>> {
    let mut total = 0;
    for thread in std::fs::read_dir("/proc/self/task")? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        total += text.split(' ').next().unwrap_or("").parse::<u64>()?;
    }
    Ok(total)
}
