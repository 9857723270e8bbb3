//! How long an answer takes at a fixed rate, beside a bare warp static route in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin latency [ROUNDS [SECONDS [RATE]]]`
//!
//! An open loop: each of 64 connections has a moment for each of its requests, which does not wait for the answer to
//! the one before. A request whose moment came while the server still owed that answer counts from its moment, so that
//! a server that stops for a while is charged with all that were to be asked then. One whose client merely woke up
//! late counts from when it was sent.

use std::thread;
use std::time::{Duration, Instant};

use tracking_bench::Failure;
use tracking_bench::served::{Client, SAMPLE, Served, argument, serve_static_if_asked, show};

const CONNECTIONS: u32 = 64;

/// What a round found, in milliseconds.
struct Round {
    p50: f64,
    p99: f64,
}

fn main() -> Result<(), Failure> {
    if serve_static_if_asked()? {
        return Ok(());
    }
    let (rounds, seconds) = (argument(0, 11)?, argument(1, 5)?);
    let rate = argument(2, 10_000)?;
    let ours = Served::tracking_http(&[], &[("RUST_LOG", "off")])?;
    let bare = Served::static_route()?;
    let mut found = Vec::new();
    // The first round warms them up.
    for round in 0..=rounds {
        let pair = match round % 2 {
            0 => (
                at_rate(&ours, seconds, rate)?,
                at_rate(&bare, seconds, rate)?,
            ),
            _ => {
                let beside = at_rate(&bare, seconds, rate)?;
                (at_rate(&ours, seconds, rate)?, beside)
            }
        };
        if round > 0 {
            found.push(pair);
        }
    }
    println!(
        "{rounds} rounds of {seconds} s at {rate} requests a second over {CONNECTIONS} connections, ms"
    );
    println!("{:<48}    least   median     most", "");
    let column = |value: fn(&(Round, Round)) -> f64| found.iter().map(value).collect();
    show("static route, p50", column(|(_, bare)| bare.p50));
    show("tracking-http, p50", column(|(ours, _)| ours.p50));
    show(
        "p50, times the static route's",
        column(|(ours, bare)| ours.p50 / bare.p50),
    );
    show("static route, p99", column(|(_, bare)| bare.p99));
    show("tracking-http, p99", column(|(ours, _)| ours.p99));
    show(
        "p99, times the static route's",
        column(|(ours, bare)| ours.p99 / bare.p99),
    );
    Ok(())
}

fn at_rate(server: &Served, seconds: usize, rate: usize) -> Result<Round, Failure> {
    let between = Duration::from_secs_f64(1.0 / rate as f64);
    let each = (rate * seconds).div_ceil(CONNECTIONS as usize) as u32;
    // All are connected by then.
    let begin = Instant::now() + Duration::from_millis(100);
    let mut waited = thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|place| {
                let first = begin + between * place;
                scope.spawn(move || one_connection(server, first, between * CONNECTIONS, each))
            })
            .collect();
        let mut all = Vec::with_capacity(rate * seconds);
        for client in clients {
            all.extend(client.join().map_err(|_| "a client panicked")??);
        }
        Ok::<_, Failure>(all)
    })?;
    waited.sort_unstable();
    let at = |part: f64| waited[(waited.len() as f64 * part) as usize].as_secs_f64() * 1e3;
    Ok(Round {
        p50: at(0.50),
        p99: at(0.99),
    })
}

/// How long each of `count` requests took, of which one is to be sent every `between`.
fn one_connection(
    server: &Served,
    first: Instant,
    between: Duration,
    count: u32,
) -> Result<Vec<Duration>, Failure> {
    let request = format!("GET {SAMPLE} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut client = Client::connect(server.address)?;
    let mut waited = Vec::with_capacity(count as usize);
    for place in 0..count {
        let moment = first + between * place;
        let early = moment.saturating_duration_since(Instant::now());
        let from = match early.is_zero() {
            // The answer before was late.
            true => moment,
            false => {
                thread::sleep(early);
                Instant::now()
            }
        };
        client.ask(&request)?;
        waited.push(from.elapsed());
    }
    Ok(waited)
}
