//! The server's CPU time for a request, beside that of a bare warp static route, in one run:
//!
//! `cargo run --release -p tracking-bench --bin endpoint [ROUNDS [REQUESTS]]`
//!
//! The endpoint logs its requests, as JSON, to a file, unless `RUST_LOG` says otherwise.
//!
//! Two processes serve, each asked in turn over the same number of keep-alive connections; what
//! each round cost them is read from the kernel's accounts of their threads. The ratio of a pair of
//! rounds holds where absolute times, on a machine that others use too, do not.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use tracking_bench::generator;
use tracking_core::issued::Zone;
use tracking_http::logging::{self, LogFormat};
use tracking_http::{App, Limits};
use warp::Filter;

/// The sample request of the older service, to the letter.
const TARGET: &str =
    "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200";
/// An answer of the same length and type, that never changes.
const STATIC: &str = r#"{"tracking_number":"BEN0123456789ABC","created_at":"2026-01-01T00:00:00.000Z","origin_country_id":"US","destination_country_id":"IN","weight":1.200,"customer_id":null,"customer_name":null,"customer_slug":null}"#;
const CONNECTIONS: usize = 8;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("serve-endpoint") => serve(false),
        Some("serve-static") => serve(true),
        _ => {
            let number = |index: usize, default| {
                arguments
                    .get(index)
                    .map_or(Ok(default), |text| text.parse::<usize>())
            };
            compare(number(0, 15)?, number(1, 16_000)?)
        }
    }
}

/// A server that says where it listens and ends with its standard input.
#[tokio::main]
async fn serve(is_static: bool) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let ended = async {
        // It ends with whoever started it.
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await;
    };
    if is_static {
        let route = warp::path("next-tracking-number")
            .and(warp::path::end())
            .map(|| warp::reply::with_header(STATIC, "content-type", "application/json"));
        warp::serve(route)
            .incoming(listener)
            .graceful(ended)
            .run()
            .await;
    } else {
        let _logs = logging::init(LogFormat::Json)?;
        let app = App::new(generator(1 << 18), Zone::UTC);
        tracking_http::run(app, Limits::default(), listener, ended).await;
    }
    Ok(())
}

struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(how: &str) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(how)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A line a request, which nobody is to see.
            .stderr(Stdio::from(tempfile::tempfile()?))
            .spawn()?;
        let output = process.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self {
            process,
            address: line.trim().parse()?,
        })
    }

    /// Nanoseconds that its threads have run.
    fn cpu_ns(&self) -> Result<u64, Failure> {
        let mut total = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            total += text.split(' ').next().unwrap_or("").parse::<u64>()?;
        }
        Ok(total)
    }

    /// Microseconds of CPU for each of `requests`.
    fn cost_us(&self, requests: usize) -> Result<f64, Failure> {
        let before = self.cpu_ns()?;
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let address = self.address;
                thread::spawn(move || ask(address, requests / CONNECTIONS))
            })
            .collect();
        for client in clients {
            client.join().map_err(|_| "a client panicked")??;
        }
        let asked = requests / CONNECTIONS * CONNECTIONS;
        Ok((self.cpu_ns()? - before) as f64 / 1_000.0 / asked as f64)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Ask one connection over and over; every answer must be a 200.
fn ask(address: SocketAddr, requests: usize) -> Result<(), Failure> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let request = format!("GET {TARGET} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut line = String::new();
    let mut body = Vec::new();
    for _ in 0..requests {
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        line.clear();
        answers.read_line(&mut line)?;
        if !line.starts_with("HTTP/1.1 200") {
            return Err(format!("expected a 200, found {line:?}").into());
        }
        while line != "\r\n" {
            line.clear();
            answers.read_line(&mut line)?;
            let header = line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        body.resize(length, 0);
        answers.read_exact(&mut body)?;
    }
    Ok(())
}

fn compare(rounds: usize, requests: usize) -> Result<(), Failure> {
    let endpoint = Server::start("serve-endpoint")?;
    let bare = Server::start("serve-static")?;
    let mut pairs = Vec::new();
    // The first pair warms both up.
    for round in 0..=rounds {
        let pair = (endpoint.cost_us(requests)?, bare.cost_us(requests)?);
        if round > 0 {
            pairs.push(pair);
        }
    }
    let show = |what: &str, mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (values.first(), values.last()) else {
            return;
        };
        println!(
            "{what:<32} {least:>8.2} {:>8.2} {most:>8.2}",
            values[values.len() / 2]
        );
    };
    println!("{rounds} rounds of {requests} requests    least   median     most");
    show(
        "endpoint, CPU us a request",
        pairs.iter().map(|pair| pair.0).collect(),
    );
    show(
        "static route, CPU us a request",
        pairs.iter().map(|pair| pair.1).collect(),
    );
    show(
        "ratio of a pair of rounds",
        pairs.iter().map(|pair| pair.0 / pair.1).collect(),
    );
    Ok(())
}
