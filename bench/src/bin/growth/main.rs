//! How cost grows, as a table and as plots: with numbers, series, threads, connections and processes.
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin growth [FOLDER [NUMBERS [MOST]]]`
//!
//! The plots go into FOLDER (`bench/plots`). NUMBERS (10^8) are the most that `tracking next` prints, 10^10 if you
//! have ten minutes; MOST (10,000) is the most of all else. A time is of one number, one request or one reservation
//! and should stay where it was; memory is of the process at its end, or what it held at most.

mod plot;
mod processes;
mod within;

use std::path::PathBuf;

use tracking_bench::Failure;
use tracking_bench::served::argument;

use self::plot::{Curve, Point};

fn main() -> Result<(), Failure> {
    if tracking_bench::served::serve_static_if_asked()? || within::is_asked()? {
        return Ok(());
    }
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or("bench/plots".to_owned()));
    let (numbers, most) = (argument(1, 100_000_000)?, argument(2, 10_000)?);
    std::fs::create_dir_all(&folder)?;
    let steps = |all: &[usize], most: usize| {
        let steps = all.iter().copied().filter(|step| *step <= most);
        steps.collect::<Vec<_>>()
    };
    let shown = |name: &str, what: &'static str, unit, curves: Vec<Curve>| {
        plot::table(what, unit, &curves);
        plot::draw(&folder.join(name), what, unit, &curves)
    };
    let all = [10_000, 1_000_000, 100_000_000, 10_000_000_000];
    let curve = Curve::of("tracking next", &steps(&all, numbers), processes::numbers)?;
    shown("numbers.svg", "numbers", "ns a number", vec![curve])?;

    let all = steps(&[1, 10, 100, 1_000], most);
    let curve = Curve::of("a generator for each", &all, within::series)?;
    shown("series.svg", "series", "ns a number", vec![curve])?;

    let all = steps(&[1, 2, 8, 64, 256, 1_000], most);
    let curve = Curve::of("one generator", &all, within::threads)?;
    shown("threads.svg", "threads", "ns a number", vec![curve])?;

    let all = steps(&[1, 8, 64, 512, 2_000, 10_000], most);
    let curves = vec![
        Curve::of("tracking-http", &all, processes::connections)?,
        Curve::of(
            "a static route of warp",
            &all,
            processes::connections_of_static,
        )?,
    ];
    shown("connections.svg", "connections", "CPU us a request", curves)?;

    let all = steps(&[1, 2, 4, 8, 16, 32, 64], most);
    let mut curves = vec![Curve::of("one state file", &all, processes::of_file)?];
    if let Some(redis) = processes::Redis::start()? {
        let of_redis = |count| redis.processes(count);
        curves.push(Curve::of("one Redis", &all, of_redis)?);
    }
    shown("processes.svg", "processes", "ms a tick's numbers", curves)
}

/// What was measured: a time, and KiB of memory.
struct Cost {
    time: f64,
    memory_kib: u64,
}

impl Curve {
    fn of(
        name: &'static str,
        steps: &[usize],
        measure: impl Fn(usize) -> Result<Cost, Failure>,
    ) -> Result<Self, Failure> {
        let mut points = Vec::new();
        for &count in steps {
            let Cost { time, memory_kib } = measure(count)?;
            points.push(Point {
                count,
                time,
                memory_kib,
            });
        }
        Ok(Self { name, points })
    }
}
