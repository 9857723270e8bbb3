//! How many reservations a fleet of servers takes from one store, in simulated time: day by day, when all start at
//! once, and when the store was away.
//!
//! `cargo run --release -p tracking-bench --bin fleet [SERVERS [SECONDS [FOLDER [ANSWERS]]]]`
//!
//! Real generators, up to SERVERS (10,000) of them, in one thread, over one store with the real rule that answers
//! ANSWERS (15,000) questions a second, each after 1 ms on the way. A steady load is watched for SECONDS (3,600).
//! The plot goes into FOLDER (`bench/plots`). It fails where more is asked of the store than
//! `docs/capacity.md` says, or a number fails within the runway.

mod plot;
mod run;
mod server;
mod store;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::path::PathBuf;

use tracking_bench::Failure;
use tracking_bench::served::argument;
use tracking_core::Serial;

use self::plot::Line;
use self::run::{Fleet, Outcome};

/// What one series can grant.
const SLOTS_A_SECOND: f64 = (Serial::SLOTS as u64 * 1_000 / Serial::TICK_MS) as f64;
/// When a steady load is looked at first: all servers have started, and replaced their first block.
const SETTLED_S: u64 = 120;
/// What is enough where a server is asked for fewer than 68 numbers a second.
const SMALL_BLOCK: NonZeroU32 = NonZeroU32::new(4_096).unwrap();
/// When the store goes away.
const AWAY_S: u64 = 150;
/// What a server may take of the store more than the bound, for the second that a minute begins or ends with.
const SLACK: f64 = 1.02;

fn main() -> Result<(), Failure> {
    let (most, seconds) = (argument(0, 10_000)?, argument(1, 3_600)? as u64);
    let folder = PathBuf::from(std::env::args().nth(3).unwrap_or("bench/plots".to_owned()));
    let answers_a_second = argument(3, 15_000)? as u64;
    std::fs::create_dir_all(&folder)?;
    let fleet = |servers: usize, load: u64| Fleet {
        servers,
        load,
        block_size: None,
        starts_s: 60,
        away_s: None,
        seconds: SETTLED_S + seconds,
        answers_a_second,
        step_ms: 1_000,
    };
    let sizes = |all: &[usize]| {
        let sizes = all.iter().copied().filter(|size| *size <= most);
        sizes.collect::<Vec<_>>()
    };
    let steady = steady(&sizes(&[1, 10, 100, 1_000, 10_000]), seconds, fleet)?;
    let herds = herds(&sizes(&[100, 1_000, 10_000]), fleet)?;
    plot::draw(&folder.join("fleet.svg"), &steady, &herds)
}

/// Each load on each number of servers, in its everyday.
fn steady(
    sizes: &[usize],
    seconds: u64,
    fleet: impl Fn(usize, u64) -> Fleet,
) -> Result<Vec<Line>, Failure> {
    println!(
        "{:>14} {:>8} {:>12} {:>14} {:>12} {:>12} {:>14} {:>8}",
        "numbers a day",
        "servers",
        "of each a s",
        "reservations/s",
        "at most",
        "bound",
        "of slots, %",
        "failed"
    );
    let mut lines = Vec::new();
    for (load, name) in [
        (1_000_000, "10^6 a day"),
        (10_000_000, "10^7 a day"),
        (100_000_000, "10^8 a day"),
        (1_000_000_000, "10^9 a day"),
    ] {
        let mut points = Vec::new();
        for &servers in sizes {
            let fleet = fleet(servers, load);
            let outcome = fleet.run();
            let (mean, most) = outcome.asked(SETTLED_S, SETTLED_S + seconds);
            let of_slots = outcome.reserved as f64 / fleet.seconds as f64 / SLOTS_A_SECOND * 100.0;
            println!(
                "{load:>14} {servers:>8} {:>12.2} {mean:>14.3} {most:>12} {:>12.3} {of_slots:>14.3} {:>8}",
                fleet.rate(),
                fleet.bound(),
                outcome.failed,
            );
            // A short watch sees one reservation more of each server than a long one's share.
            let once_more = servers as f64 / seconds.max(1) as f64;
            if mean > fleet.bound() * SLACK + once_more || outcome.failed > 0 {
                return Err(format!(
                    "expected at most {:.3} reservations a second and no failure, found {mean:.3} and {}",
                    fleet.bound(),
                    outcome.failed
                )
                .into());
            }
            points.push((servers as f64, mean));
        }
        lines.push(Line { name, points });
    }
    Ok(lines)
}

/// All at once: at the start, and after the store was away.
fn herds(
    sizes: &[usize],
    fleet: impl Fn(usize, u64) -> Fleet,
) -> Result<Vec<(&'static str, Vec<Line>)>, Failure> {
    const LOAD: u64 = 1_000_000_000;
    println!(
        "{:<34} {:>8} {:>10} {:>12} {:>12} {:>12} {:>12}",
        "10^9 numbers a day",
        "servers",
        "at most/s",
        "slowest ms",
        "last first s",
        "issued",
        "failed"
    );
    let print = |what: &str, servers: usize, from_s: u64, outcome: &Outcome| {
        let (_, most) = outcome.asked(from_s, outcome.seen.asked.len() as u64);
        println!(
            "{what:<34} {servers:>8} {most:>10} {:>12.1} {:>12.2} {:>12} {:>12}",
            outcome.seen.longest_us as f64 / 1e3,
            outcome.first_s,
            outcome.issued,
            outcome.failed,
        );
    };
    let (mut starts, mut failovers) = (Vec::new(), Vec::new());
    for &servers in sizes {
        let of = |starts_s, away_s: Option<(u64, u64)>, seconds| Fleet {
            starts_s,
            away_s,
            seconds,
            step_ms: 100,
            ..fleet(servers, LOAD)
        };
        let start = of(1, None, 200).run();
        print("all start within a second", servers, 0, &start);
        starts.push(line(servers, &start, 0));
        let small = Fleet {
            block_size: Some(SMALL_BLOCK),
            ..of(1, None, 200)
        };
        print("the same with blocks of 4,096", servers, 0, &small.run());
        for away_s in [30, 60, 90, 120] {
            let outcome = of(60, Some((AWAY_S, away_s)), AWAY_S + away_s + 60).run();
            let what = format!("the store is away for {away_s} s");
            print(&what, servers, AWAY_S, &outcome);
            if away_s == 30 {
                if outcome.failed > 0 {
                    return Err(format!("expected no failure, found {}", outcome.failed).into());
                }
                failovers.push(line(servers, &outcome, AWAY_S - 30));
            }
        }
    }
    Ok(vec![
        ("all start within a second", starts),
        ("away from the 30th second to the 60th", failovers),
    ])
}

/// What was asked in each second since one.
fn line(servers: usize, outcome: &Outcome, from_s: u64) -> Line {
    let name = match servers {
        100 => "100 servers",
        1_000 => "1,000 servers",
        _ => "10,000 servers",
    };
    let seconds = outcome.seen.asked.iter().skip(from_s as usize).take(180);
    let points = seconds
        .enumerate()
        .map(|(second, asked)| (second as f64, *asked as f64))
        .collect();
    Line { name, points }
}
