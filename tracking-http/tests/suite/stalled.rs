//! Clients that stall, and those beside them who do not.

use std::collections::{HashSet, VecDeque};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Signal, getrlimit, setrlimit};
use tracking_core::{Generator, MemoryAllocator};
use tracking_http::Limits;

use crate::redis_servers::server::is_installed;
use crate::support::{Client, InProcess, Program};

/// What a client sends before it stalls: nothing, half a head, half a body, half the preface of HTTP/2.
const STALLS: [(&str, &str); 4] = [
    ("silent", ""),
    ("half a head", "GET /livez HTTP/1.1\r\nHost: te"),
    (
        "half a body",
        "POST /next-tracking-number HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhello",
    ),
    ("half a preface", "PRI * HTTP/2.0\r\n\r\nS"),
];

fn stalled_at(address: SocketAddr) -> Vec<(&'static str, Client)> {
    STALLS
        .map(|(kind, sent)| {
            let mut client = Client::connect(address);
            client.send(sent);
            (kind, client)
        })
        .into()
}

fn limits(read_timeout: Duration, idle_timeout: Duration) -> Limits {
    let mut limits = Limits::default();
    limits.read_timeout = read_timeout;
    limits.idle_timeout = idle_timeout;
    limits
}

#[test]
fn the_five_kinds_are_closed_each_after_its_time() {
    let read = Duration::from_millis(400);
    let idle = Duration::from_millis(1_600);
    let generator = Generator::new(MemoryAllocator::new());
    let server = InProcess::with_limits(generator, "UTC", limits(read, idle));
    let began = Instant::now();
    let mut used = Client::connect(server.address);
    assert_eq!(used.ask("GET", "/livez").status, 200);
    for (kind, mut client) in stalled_at(server.address) {
        let rest = client.rest();
        // A whole preface is no HTTP/1.1, and closed with a word or without.
        assert!(!rest.contains(" 200 "), "{kind}: {rest:?}");
        if kind != "half a preface" {
            assert_eq!(rest, "", "{kind}");
            assert!(began.elapsed() >= read, "{kind}: {:?}", began.elapsed());
        }
        assert!(began.elapsed() < idle, "{kind}: {:?}", began.elapsed());
    }
    assert_eq!(used.rest(), "");
    let elapsed = began.elapsed();
    assert!((idle..idle * 3).contains(&elapsed), "{elapsed:?}");
}

/// As users run it, with the times that it has by itself.
#[test]
fn by_default_they_are_closed_within_15_seconds_and_who_idles_is_not() {
    let program = Program::start(&["--store", "memory:"], &[]);
    let mut used = Client::connect(program.address);
    assert_eq!(used.ask("GET", "/livez").status, 200);
    let began = Instant::now();
    for (kind, mut client) in stalled_at(program.address) {
        assert!(!client.rest().contains(" 200 "), "{kind}");
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_secs(15), "{kind}: {elapsed:?}");
    }
    assert!(began.elapsed() > Duration::from_secs(9));
    assert_eq!(used.ask("GET", "/livez").status, 200);
}

#[test]
fn a_head_that_trickles_is_closed_and_counts_from_its_first_byte() {
    let read = Duration::from_millis(500);
    let limits = limits(read, Duration::from_secs(60));
    let generator = Generator::new(MemoryAllocator::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let mut client = Client::connect(server.address);
    // Idle for longer than a head may take.
    assert_eq!(client.ask("GET", "/livez").status, 200);
    std::thread::sleep(read * 2);
    let began = Instant::now();
    client.send("GET /livez HTTP/1.1\r\nHost: test\r\nTrickle: ");
    while client.try_send("x") {
        assert!(began.elapsed() < Duration::from_secs(10), "still open");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(began.elapsed() >= read, "{:?}", began.elapsed());
}

#[test]
fn who_reads_no_answers_is_closed() {
    let limits = limits(Duration::from_millis(300), Duration::from_secs(60));
    let generator = Generator::new(MemoryAllocator::new());
    let server = InProcess::with_limits(generator, "UTC", limits);
    let client = TcpStream::connect(server.address).unwrap();
    client
        .set_write_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let requests = "GET /livez HTTP/1.1\r\nHost: test\r\n\r\n".repeat(1_000);
    let began = Instant::now();
    // Until its answers fill all buffers between us, and then until the server gives up.
    let error = loop {
        if let Err(error) = std::io::Write::write_all(&mut &client, requests.as_bytes()) {
            break error;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "still open");
    };
    assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "{error}");
}

/// Whether the full counts were asked for; else a tenth is run.
fn is_proof() -> bool {
    std::env::var_os("TRACKING_PROVE").is_some()
}

/// As many open files as the system lets this process have.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[test]
fn stalled_clients_slow_nobody_down() {
    let (peers, time) = match is_proof() {
        true => (3_000, Duration::from_secs(60)),
        false => (300, Duration::from_secs(6)),
    };
    raise_open_files();
    let program = Program::start(&["--store", "memory:", "--read-timeout", "5s"], &[]);
    let address = program.address;
    let ended = AtomicBool::new(false);
    let mut times = std::thread::scope(|scope| {
        // Those that the server closes are replaced.
        scope.spawn(|| {
            let mut stalled = VecDeque::new();
            while !ended.load(Ordering::SeqCst) {
                while stalled.len() < peers {
                    stalled.extend(stalled_at(address));
                }
                let (_, oldest) = stalled.front_mut().unwrap();
                if oldest.is_silent_for(Duration::from_millis(1)) {
                    std::thread::sleep(Duration::from_millis(10));
                } else {
                    stalled.pop_front();
                }
            }
        });
        let clients: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let began = Instant::now();
                    let mut client = Client::connect(address);
                    let mut times = Vec::new();
                    while began.elapsed() < time {
                        let asked = Instant::now();
                        assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
                        times.push(asked.elapsed());
                        std::thread::sleep(Duration::from_millis(1));
                    }
                    times
                })
            })
            .collect();
        let times: Vec<_> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        ended.store(true, Ordering::SeqCst);
        times
    });
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    println!(
        "{peers} stalled, {} requests: p99 {p99:?}, longest {:?}",
        times.len(),
        times[times.len() - 1]
    );
    assert!(p99 < Duration::from_millis(50), "{p99:?}");
}

/// Ask as fast as it can, on a connection that is replaced when the server says that it closes it.
/// Ends once no connection can be had any more.
fn load(address: SocketAddr, ending: &AtomicBool) -> Vec<String> {
    let mut numbers = Vec::new();
    while let Some(mut client) = Client::try_connect(address) {
        loop {
            let Some(answer) = client.try_ask("GET", "/next-tracking-number") else {
                panic!("a request failed after {} answers", numbers.len());
            };
            assert_eq!(answer.status, 200, "{answer:?}");
            numbers.push(answer.json()["tracking_number"].to_string());
            if answer.header("connection") == Some("close") {
                assert!(ending.load(Ordering::SeqCst), "closed too early");
                assert_eq!(client.rest(), "");
                break;
            }
        }
    }
    assert!(ending.load(Ordering::SeqCst), "refused too early");
    numbers
}

#[test]
fn sigterm_under_load_beside_stalled_clients_fails_no_request() {
    let args = ["--store", "memory:", "--drain-timeout", "3s"];
    let more = ["--read-timeout", "60s", "--drain-delay", "300ms"];
    let program = Program::start(&[args, more].concat(), &[]);
    let address = program.address;
    let stalled: Vec<_> = (0..10).flat_map(|_| stalled_at(address)).collect();
    let mut idle = Client::connect(address);
    assert_eq!(idle.ask("GET", "/readyz").status, 200);
    let ending = AtomicBool::new(false);
    let (numbers, took) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| load(address, &ending)))
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        ending.store(true, Ordering::SeqCst);
        program.signal(Signal::TERM);
        let began = Instant::now();
        // It says so before it stops listening.
        loop {
            let answer = idle.ask("GET", "/readyz");
            if answer.status == 503 {
                assert_eq!(answer.problem()["type"], "/problems/ending");
                break;
            }
            assert!(began.elapsed() < Duration::from_millis(250), "still ready");
        }
        let (status, said) = program.wait();
        assert_eq!(status.code(), Some(0), "{said}");
        let took = began.elapsed();
        let numbers: Vec<_> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        (numbers, took)
    });
    assert!(took < Duration::from_millis(5_000), "{took:?}");
    assert!(numbers.len() > 100, "{} numbers", numbers.len());
    let unique: HashSet<_> = numbers.iter().collect();
    assert_eq!(unique.len(), numbers.len());
    drop(stalled);
}

/// The same with a load that is not ours: `wrk`.
#[test]
fn sigterm_under_the_load_of_wrk_beside_stalled_clients_fails_no_request() {
    if !is_installed("wrk") {
        return;
    }
    let args = ["--store", "memory:", "--drain-timeout", "3s"];
    let more = ["--read-timeout", "60s", "--drain-delay", "300ms"];
    let program = Program::start(&[args, more].concat(), &[]);
    let stalled: Vec<_> = (0..10).flat_map(|_| stalled_at(program.address)).collect();
    let url = format!("http://{}/next-tracking-number", program.address);
    let wrk = Command::new("wrk")
        .args(["-t2", "-c32", "-d3s", "--timeout", "10s", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    program.signal(Signal::TERM);
    let began = Instant::now();
    let (status, said) = program.wait();
    assert_eq!(status.code(), Some(0), "{said}");
    let took = began.elapsed();
    assert!(took < Duration::from_millis(5_000), "{took:?}");
    let report = String::from_utf8(wrk.wait_with_output().unwrap().stdout).unwrap();
    println!("{report}");
    // An accepted request that fails is an error of a read, or a time-out. (To connect where nobody listens
    // any more is an error of a write: `wrk` learns of it then.)
    assert!(!report.contains("Non-2xx"), "{report}");
    if let Some((_, errors)) = report.split_once("Socket errors: ") {
        assert!(errors.contains(" read 0, "), "{report}");
        assert!(errors.contains(" timeout 0\n"), "{report}");
    }
    let requests = report
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))
        .unwrap_or_else(|| panic!("{report}"));
    assert!(requests.0.parse::<u32>().unwrap() > 100, "{report}");
    drop(stalled);
}
