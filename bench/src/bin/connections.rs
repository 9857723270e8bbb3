//! Connections that come and go, one request each, beside a bare warp static route in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin connections [ROUNDS [REQUESTS]]`
//!
//! Eight clients connect, ask, read the answer and are closed by the server, again and again.

use std::thread;
use std::time::Instant;

use tracking_bench::Failure;
use tracking_bench::served::{Client, SAMPLE, Served, argument, serve_static_if_asked, show};

const CLIENTS: usize = 8;

/// What a round found.
struct Round {
    cpu_us: f64,
    per_second: f64,
}

fn main() -> Result<(), Failure> {
    if serve_static_if_asked()? {
        return Ok(());
    }
    let (rounds, requests) = (argument(0, 21)?, argument(1, 4_000)?);
    let ours = Served::tracking_http(&[], &[("RUST_LOG", "off")])?;
    let bare = Served::static_route()?;
    let mut found = Vec::new();
    // The first round warms them up.
    for round in 0..=rounds {
        let pair = match round % 2 {
            0 => (come_and_go(&ours, requests)?, come_and_go(&bare, requests)?),
            _ => {
                let beside = come_and_go(&bare, requests)?;
                (come_and_go(&ours, requests)?, beside)
            }
        };
        if round > 0 {
            found.push(pair);
        }
    }
    println!("{rounds} rounds of {requests} connections by {CLIENTS} clients");
    println!("{:<48}    least   median     most", "");
    let column = |value: fn(&(Round, Round)) -> f64| found.iter().map(value).collect();
    show(
        "static route, CPU us a connection",
        column(|(_, bare)| bare.cpu_us),
    );
    show(
        "tracking-http, CPU us a connection",
        column(|(ours, _)| ours.cpu_us),
    );
    show(
        "CPU, times the static route's",
        column(|(ours, bare)| ours.cpu_us / bare.cpu_us),
    );
    show(
        "static route, connections a second",
        column(|(_, bare)| bare.per_second),
    );
    show(
        "tracking-http, connections a second",
        column(|(ours, _)| ours.per_second),
    );
    show(
        "a second, times the static route's",
        column(|(ours, bare)| ours.per_second / bare.per_second),
    );
    Ok(())
}

fn come_and_go(server: &Served, requests: usize) -> Result<Round, Failure> {
    let request = format!("GET {SAMPLE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let each = requests.div_ceil(CLIENTS);
    let (began, before) = (Instant::now(), server.cpu_ns()?);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    (0..each).try_for_each(|_| Client::connect(server.address)?.ask(&request))
                })
            })
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| "a client panicked")?)
    })?;
    let count = (each * CLIENTS) as f64;
    Ok(Round {
        per_second: count / began.elapsed().as_secs_f64(),
        cpu_us: (server.cpu_ns()? - before) as f64 / 1_000.0 / count,
    })
}
