//! `tracking` at a terminal: lines a second, and what it takes to start, in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin terminal [ROUNDS [MILLIONS [STARTS]]]`
//!
//! `next` prints 10 times so many MILLIONS to `/dev/null` and into a pipe that is read here; `check` reads MILLIONS
//! from a file and from a pipe that is written here. A start is from before the process is made until it has ended,
//! beside one that only reads its command line by clap.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use tracking_bench::Failure;
use tracking_bench::served::{argument, program, show};

/// The argument upon which this program is the bare one.
const BARE: &str = "bare";

/// A program of clap's, with as many flags as somebody would begin with.
#[derive(Parser)]
struct Bare {
    /// That it is this one
    _what: String,
    /// What to look at
    _numbers: Vec<String>,
    /// Only look at the shape
    #[arg(long)]
    shape_only: bool,
}

fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some(BARE) {
        if !Bare::parse().shape_only {
            return Err("expected --shape-only".into());
        }
        println!("A\twell-formed\t");
        return Ok(());
    }
    let (rounds, millions, starts) = (argument(0, 7)?, argument(1, 10)?, argument(2, 200)?);
    let folder = tempfile::tempdir()?;
    println!(
        "{:<48}    least   median     most",
        "million lines a second"
    );
    lines(folder.path(), rounds, millions)?;
    println!("{:<48}    least   median     most", "ms from start to end");
    start_up(folder.path(), starts)
}

/// `tracking` with a series of its own.
fn tracking(folder: &Path, arguments: &[&str]) -> Result<Command, Failure> {
    let mut command = Command::new(program("tracking")?);
    command
        .arg("--store")
        .arg(format!("file:{}/bench.series", folder.display()));
    command.args(arguments).stderr(Stdio::null());
    Ok(command)
}

fn lines(folder: &Path, rounds: usize, millions: usize) -> Result<(), Failure> {
    let path = folder.join("numbers");
    let count = (millions * 1_000_000).to_string();
    ended(tracking(folder, &["next", "-n", &count])?.stdout(File::create(&path)?))?;
    let text = std::fs::read(&path)?;
    let next = |output: Stdio| {
        let count = (millions * 10_000_000).to_string();
        let mut command = tracking(folder, &["next", "-n", &count])?;
        command.stdout(output);
        Ok::<_, Failure>(command)
    };
    let check = |input: Stdio| {
        let mut command = tracking(folder, &["check"])?;
        command.stdin(input).stdout(Stdio::null());
        Ok::<_, Failure>(command)
    };
    let mut rates = [const { Vec::new() }; 4];
    for _ in 0..rounds {
        let millions = millions as f64;
        rates[0].push(10.0 * millions / ended(&mut next(Stdio::null())?)?.as_secs_f64());
        let (reader, writer) = std::io::pipe()?;
        let reading = thread::spawn(move || drained(reader));
        // With the command the last handle to its end of the pipe is gone.
        let took = ended(&mut next(writer.into())?)?;
        reading.join().map_err(|_| "the reader panicked")??;
        rates[1].push(10.0 * millions / took.as_secs_f64());
        rates[2].push(millions / ended(&mut check(File::open(&path)?.into())?)?.as_secs_f64());
        let (reader, mut writer) = std::io::pipe()?;
        let took = thread::scope(|scope| {
            let writing = scope.spawn(|| {
                let written = writer.write_all(&text);
                drop(writer);
                written
            });
            let took = ended(&mut check(reader.into())?)?;
            writing.join().map_err(|_| "the writer panicked")??;
            Ok::<_, Failure>(took)
        })?;
        rates[3].push(millions / took.as_secs_f64());
    }
    let names = [
        "next, to /dev/null",
        "next, into a pipe",
        "check, of a file",
        "check, of a pipe",
    ];
    for (name, rates) in names.iter().zip(rates) {
        show(name, rates);
    }
    Ok(())
}

fn drained(mut reader: impl Read) -> std::io::Result<()> {
    let mut page = vec![0; 1024 * 1024];
    while reader.read(&mut page)? > 0 {}
    Ok(())
}

fn start_up(folder: &Path, starts: usize) -> Result<(), Failure> {
    let first = tracking(folder, &["next"])?
        .stderr(Stdio::null())
        .output()?;
    let number = String::from_utf8(first.stdout)?;
    let number = number.trim();
    let bare = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([BARE, "A", "--shape-only"]);
        Ok::<_, Failure>(command)
    };
    let names = [
        "a bare program of clap's",
        "check --shape-only A",
        "check NUMBER",
        "next, with the wait for a tick",
    ];
    let mut took = [const { Vec::new() }; 4];
    for _ in 0..starts {
        let commands = [
            bare()?,
            tracking(folder, &["check", "--shape-only", "A"])?,
            tracking(folder, &["check", number])?,
            tracking(folder, &["next"])?,
        ];
        for (mut command, took) in commands.into_iter().zip(&mut took) {
            took.push(ended(command.stdout(Stdio::null()))?.as_secs_f64() * 1e3);
        }
    }
    for (name, took) in names.iter().zip(took) {
        show(name, took);
    }
    Ok(())
}

/// How long a command took, which must end well.
fn ended(command: &mut Command) -> Result<Duration, Failure> {
    let began = Instant::now();
    let status = command.spawn()?.wait()?;
    match status.success() {
        true => Ok(began.elapsed()),
        false => Err(format!("expected {command:?} to end well, found {status}").into()),
    }
}
