//! The server's CPU time for a request, beside that of a bare warp static route, in one run:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin endpoint [ROUNDS [REQUESTS [PERCENT]]]`
//!
//! With PERCENT it fails where the first request costs more than that, of the static route's.
//!
//! Three programs serve, each asked the same in turn over the same number of keep-alive connections:
//! `tracking-http` with tokens, a rate and its log in a file; the same as it comes, without a log; and the
//! static route under `warp::serve`. What each round cost them is read from the kernel's accounts of their
//! threads. The ratio of rounds that stand side by side holds where absolute times, on a machine that others
//! use too, do not.

use std::thread;

use tracking_bench::Failure;
use tracking_bench::served::{Served, argument, ask, show};
use tracking_programs::tokens::{Scope, Token, TokenEntry, TokenRate};
use warp::Filter;

/// The sample request of the older service, to the letter.
const SAMPLE: &str =
    "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200";
/// The sample request of the other one, which has all seven parameters.
const ALL_SEVEN: &str = "/next-tracking-number?origin_country_id=MY&destination_country_id=ID&weight=1.234\
     &created_at=2018-11-20T19:29:32%2B08:00&customer_id=de619854-b59b-425e-9db4-943979e1bd49\
     &customer_name=RedBox%20Logistics&customer_slug=redbox-logistics";
/// An answer of the length and type of the sample's, that never changes.
const STATIC: &str = r#"{"tracking_number":"BEN0123456789ABC","created_at":"2026-01-01T00:00:00.000Z","origin_country_id":"US","destination_country_id":"IN","weight":1.200,"customer_id":null,"customer_name":null,"customer_slug":null}"#;
const CONNECTIONS: usize = 8;
const SERVE_STATIC: &str = "serve-static";

fn main() -> Result<(), Failure> {
    if std::env::args().nth(1).as_deref() == Some(SERVE_STATIC) {
        return serve_static();
    }
    let percent = argument(2, usize::MAX)?;
    let found = compare(argument(0, 61)?, argument(1, 4_000)?)?;
    if found * 100.0 > percent as f64 {
        return Err(format!("expected at most {percent} %, found {:.0} %", found * 100.0).into());
    }
    Ok(())
}

/// As warp's own documentation has it.
#[tokio::main]
async fn serve_static() -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    eprintln!("listening on http://{}", listener.local_addr()?);
    let route = warp::path("next-tracking-number")
        .and(warp::path::end())
        .map(|| warp::reply::with_header(STATIC, "content-type", "application/json"));
    warp::serve(route).incoming(listener).run().await;
    Ok(())
}

/// Microseconds of its CPU for each of `requests` of this text.
fn cost_us(server: &Served, request: &str, requests: usize) -> Result<f64, Failure> {
    let before = server.cpu_ns()?;
    let each = requests / CONNECTIONS;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| scope.spawn(|| ask(server.address, request, each, |_| {})))
            .collect();
        clients
            .into_iter()
            .try_for_each(|client| client.join().map_err(|_| "a client panicked")?)
    })?;
    Ok((server.cpu_ns()? - before) as f64 / 1_000.0 / (each * CONNECTIONS) as f64)
}

/// The middle ratio of the sample request, with all that can be turned on.
fn compare(rounds: usize, requests: usize) -> Result<f64, Failure> {
    let token = Token::random()?;
    let mut entry = TokenEntry::new("bench".parse()?, token.digest(), Scope::Issue.into());
    entry.rate = Some(TokenRate::new(10_000_000, None)?);
    let folder = tempfile::tempdir()?;
    let tokens = folder.path().join("tokens.toml");
    std::fs::write(&tokens, entry.to_string())?;
    let tokens = tokens.to_str().ok_or("a path that is not UTF-8")?;

    let all = Served::tracking_http(&["--tokens", tokens], &[])?;
    let plain = Served::tracking_http(&[], &[("RUST_LOG", "off")])?;
    let bare = Served::this_program(SERVE_STATIC)?;
    println!("{rounds} rounds of {requests} requests");
    let mut found = None;
    for (name, target) in [("sample", SAMPLE), ("all seven parameters", ALL_SEVEN)] {
        // The same bytes to each of them.
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
            token.expose()
        );
        let cost = |server| cost_us(server, &request, requests);
        let mut costs = Vec::new();
        // The first round warms them up.
        for round in 0..=rounds {
            let one = [cost(&all)?, cost(&bare)?, cost(&plain)?];
            if round > 0 {
                costs.push(one);
            }
        }
        let column = |value: fn(&[f64; 3]) -> f64| costs.iter().map(value).collect();
        println!("{name:<48}    least   median     most");
        show(
            "static route, CPU us a request",
            column(|[_, bare, _]| *bare),
        );
        show("tokens, rate, metrics, log: us", column(|[all, _, _]| *all));
        let ratio = show(
            "tokens, rate, metrics, log: ratio",
            column(|[all, bare, _]| all / bare),
        );
        found = found.or(ratio);
        show(
            "no tokens, no log: ratio",
            column(|[_, bare, plain]| plain / bare),
        );
    }
    found.ok_or_else(|| "nothing was measured".into())
}
