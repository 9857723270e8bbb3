//! The plain endpoint beside another service that answers the same request, in one run; `bench/django/plain` starts a
//! Django service for that:
//!
//! `TRACKING_BENCH_BESIDE=ADDRESS TRACKING_BENCH_PROCESS=PID target/release/beside [ROUNDS [SECONDS]]`
//!
//! Each is asked in turn for some seconds by `wrk`, over 64 keep-alive connections, with all seven parameters. What a
//! request cost is read from the kernel's accounts of the process and of its children.

use std::net::SocketAddr;
use std::time::Instant;

use tracking_bench::Failure;
use tracking_bench::served::{ALL_SEVEN, Served, argument, cpu_ns, show, wrk};

const CONNECTIONS: usize = 64;

/// What a round found.
struct Round {
    cpu_us: f64,
    per_second: f64,
}

fn main() -> Result<(), Failure> {
    let (rounds, seconds) = (argument(0, 11)?, argument(1, 2)?);
    let given = |name: &str| std::env::var(name).map_err(|error| format!("{name}: {error}"));
    let beside: SocketAddr = given("TRACKING_BENCH_BESIDE")?.parse()?;
    let process: u32 = given("TRACKING_BENCH_PROCESS")?.parse()?;
    let ours = Served::tracking_http(&[], &[("RUST_LOG", "off")])?;
    let round = |address, process| {
        let (began, before) = (Instant::now(), cpu_ns(process)?);
        let count = wrk(address, ALL_SEVEN, &[], CONNECTIONS, seconds)? as f64;
        Ok::<_, Failure>(Round {
            per_second: count / began.elapsed().as_secs_f64(),
            cpu_us: (cpu_ns(process)? - before) as f64 / 1_000.0 / count,
        })
    };
    let mut found = Vec::new();
    // The first round warms them up.
    for number in 0..=rounds {
        let pair = (round(ours.address, ours.id())?, round(beside, process)?);
        if number > 0 {
            found.push(pair);
        }
    }
    println!("{rounds} rounds of {seconds} s over {CONNECTIONS} connections");
    println!("{:<48}    least   median     most", "");
    let column = |value: fn(&(Round, Round)) -> f64| found.iter().map(value).collect();
    show(
        "tracking-http, CPU us a request",
        column(|(ours, _)| ours.cpu_us),
    );
    show(
        "the other, CPU us a request",
        column(|(_, other)| other.cpu_us),
    );
    show(
        "CPU, the other's times ours",
        column(|(ours, other)| other.cpu_us / ours.cpu_us),
    );
    show(
        "tracking-http, requests a second",
        column(|(ours, _)| ours.per_second),
    );
    show(
        "the other, requests a second",
        column(|(_, other)| other.per_second),
    );
    show(
        "a second, ours times the other's",
        column(|(ours, other)| ours.per_second / other.per_second),
    );
    Ok(())
}
