//! The server's CPU time for a request, beside that of a bare warp static route, in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin endpoint [ROUNDS [SECONDS [PERCENT]]]`
//!
//! With PERCENT it fails where the first request, with all that can be turned on, costs more than that, of the
//! static route's.
//!
//! Each server is asked the same in turn, for some seconds by `wrk`, over 64 keep-alive connections, then over 1 and
//! over 512: `tracking-http` as it comes, without its log; the same with tokens and a rate; the same with its log in a
//! file; and the static route under `warp::serve`. Metrics are always on. What each round cost them is read from the
//! kernel's accounts of their threads. The ratio of rounds that stand side by side holds where absolute times, on a
//! machine that others use too, do not. nginx's `return 200` stands beside them as a figure, where there is an nginx.

use tracking_bench::Failure;
use tracking_bench::served::{
    ALL_SEVEN, SAMPLE, Served, argument, serve_static_if_asked, show, wrk,
};
use tracking_programs::tokens::{Scope, Token, TokenEntry, TokenRate};

const CONNECTIONS: [usize; 3] = [64, 1, 512];

fn main() -> Result<(), Failure> {
    if serve_static_if_asked()? {
        return Ok(());
    }
    let (rounds, seconds) = (argument(0, 11)?, argument(1, 1)?);
    let percent = argument(2, usize::MAX)?;
    let found = compare(rounds, seconds)?;
    if found * 100.0 > percent as f64 {
        return Err(format!("expected at most {percent} %, found {:.0} %", found * 100.0).into());
    }
    Ok(())
}

/// The middle ratio of the sample request over the most usual number of connections, with all that can be turned on.
fn compare(rounds: usize, seconds: usize) -> Result<f64, Failure> {
    let token = Token::random()?;
    let mut entry = TokenEntry::new("bench".parse()?, token.digest(), Scope::Issue.into());
    entry.rate = Some(TokenRate::new(10_000_000, None)?);
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens.toml");
    std::fs::write(&tokens, entry.to_string())?;
    let tokens = tokens.to_str().ok_or("a path that is not UTF-8")?;

    let quiet = [("RUST_LOG", "off")];
    let bare = Served::static_route()?;
    let mut servers = vec![
        ("no tokens, no log", Served::tracking_http(&[], &quiet)?),
        (
            "tokens, rate",
            Served::tracking_http(&["--tokens", tokens], &quiet)?,
        ),
        (
            "tokens, rate, log",
            Served::tracking_http(&["--tokens", tokens], &[])?,
        ),
    ];
    servers.extend(Served::nginx()?.map(|nginx| ("nginx, return 200", nginx)));
    // The same bytes to each of them.
    let headers = [format!("Authorization: Bearer {}", token.expose())];
    let mut found = None;
    for (name, server) in servers
        .iter()
        .map(|(name, server)| (*name, server))
        .chain([("static", &bare)])
    {
        wrk(server.address, SAMPLE, &headers, 64, 1).map_err(|error| format!("{name}: {error}"))?;
    }
    println!(
        "{rounds} rounds of {seconds} s for each server, CPU us a request, and times the static route's"
    );
    for connections in CONNECTIONS {
        for (name, target) in [("sample", SAMPLE), ("all seven parameters", ALL_SEVEN)] {
            let cost_us = |server: &Served| {
                let before = server.cpu_ns()?;
                let requests = wrk(server.address, target, &headers, connections, seconds)?;
                Ok::<_, Failure>((server.cpu_ns()? - before) as f64 / 1_000.0 / requests as f64)
            };
            let mut costs = Vec::new();
            for round in 0..rounds {
                let mut one = vec![0.0; servers.len()];
                let mut beside = None;
                // Every other round backwards, so that none always comes first.
                let mut order: Vec<_> = (0..=servers.len()).collect();
                if round % 2 == 1 {
                    order.reverse();
                }
                for place in order {
                    match servers.get(place) {
                        Some((_, server)) => one[place] = cost_us(server)?,
                        None => beside = Some(cost_us(&bare)?),
                    }
                }
                costs.push((one, beside.ok_or("the static route was not asked")?));
            }
            let what = format!("{name}, {connections} connections");
            println!("{what:<48}    least   median     most");
            show(
                "static route, us",
                costs.iter().map(|(_, bare)| *bare).collect(),
            );
            for (place, (name, _)) in servers.iter().enumerate() {
                let us = costs.iter().map(|(one, _)| one[place]).collect();
                show(&format!("{name}, us"), us);
                let ratios = costs.iter().map(|(one, bare)| one[place] / bare).collect();
                let ratio = show(&format!("{name}, times"), ratios);
                if found.is_none() && place == 2 {
                    found = ratio;
                }
            }
        }
    }
    found.ok_or_else(|| "nothing was measured".into())
}
