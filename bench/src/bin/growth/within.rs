//! What grows within one process: each measurement has one of its own, so that none keeps the memory of another.

use std::env::current_exe;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tracking_bench::served::memory_kib;
use tracking_bench::{Failure, generator};
use tracking_core::{Generator, MemoryAllocator};

use super::Cost;

/// Numbers that are taken, over all series or threads.
const NUMBERS: usize = 4_000_000;

/// What takes the place of a folder in the arguments of such a process.
const WITHIN: &str = "within";

/// Measure until the process ends, if the arguments say so; false where they do not.
pub(crate) fn is_asked() -> Result<bool, Failure> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [first, what, count] = &arguments[..] else {
        return Ok(false);
    };
    if first != WITHIN {
        return Ok(false);
    }
    let took = match what.as_str() {
        "series" => over_series(count.parse()?)?,
        _ => over_threads(count.parse()?)?,
    };
    let ns = took.as_secs_f64() * 1e9 / NUMBERS as f64;
    println!("{ns} {}", memory_kib("self", "VmHWM")?);
    Ok(true)
}

pub(crate) fn series(count: usize) -> Result<Cost, Failure> {
    measured("series", count)
}

pub(crate) fn threads(count: usize) -> Result<Cost, Failure> {
    measured("threads", count)
}

fn measured(what: &str, count: usize) -> Result<Cost, Failure> {
    let mut command = Command::new(current_exe()?);
    let output = command.args([WITHIN, what, &count.to_string()]).output()?;
    let said = String::from_utf8(output.stdout)?;
    let Some((time, memory)) = said.trim().split_once(' ') else {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    };
    Ok(Cost {
        time: time.parse()?,
        memory_kib: memory.parse()?,
    })
}

/// Each series gives a page of numbers in turn.
fn over_series(count: usize) -> Result<Duration, Failure> {
    const PAGE: usize = 64;
    let all: Vec<_> = (0..count)
        .map(|_| Generator::new(MemoryAllocator::new()))
        .collect();
    for generator in &all {
        generator.next()?;
    }
    let began = Instant::now();
    for page in 0..NUMBERS / PAGE {
        for _ in 0..PAGE {
            all[page % count].next()?;
        }
    }
    Ok(began.elapsed())
}

/// Threads share a generator; the time is of each number, whoever takes it.
fn over_threads(count: usize) -> Result<Duration, Failure> {
    let generator = &generator(1 << 18);
    let each = NUMBERS / count;
    let began = Instant::now();
    thread::scope(|scope| {
        let all: Vec<_> = (0..count)
            .map(|_| scope.spawn(move || (0..each).try_for_each(|_| generator.next().map(drop))))
            .collect();
        all.into_iter()
            .try_for_each(|one| Ok::<_, Failure>(one.join().map_err(|_| "a thread panicked")??))
    })?;
    Ok(began.elapsed())
}
