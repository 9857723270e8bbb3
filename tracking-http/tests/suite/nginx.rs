//! Servers behind the nginx of `deploy/nginx`: the very files, with other ports and paths.

mod curl;
mod proxy;

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use rustix::process::Signal;

use self::curl::{Curl, Load, assert_distinct};
use self::proxy::Nginx;
use crate::redis_servers::server::{RedisServer, is_installed, until};
use crate::support::{Client, Program, Scrape};

const KEY: (&str, &str) = ("TRACKING_KEY", "000102030405060708090a0b0c0d0e0f");
/// Nobody reads these logs.
const QUIET: (&str, &str) = ("RUST_LOG", "info,tracking_http::request=off");

fn are_installed() -> bool {
    ["nginx", "openssl", "curl"].into_iter().all(is_installed)
}

fn start(address: SocketAddr, redis: &RedisServer) -> Program {
    let listen = ["--listen", &address.to_string()];
    Program::start_at(&listen, &["--store", &redis.url()], &[KEY, QUIET])
}

/// Until nginx asks a server that was away.
fn until_asked(server: &Program) {
    until("nginx asks the server again", || {
        let page = Scrape::of(&mut Client::connect(server.address));
        page.value("tracking_numbers_issued_total") > 100.0
    });
}

#[test]
fn no_number_comes_twice_and_a_rolling_restart_fails_nobody() {
    let Some(redis) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    if !are_installed() {
        return;
    }
    let free = "127.0.0.1:0".parse().unwrap();
    let mut servers = [start(free, &redis), start(free, &redis)];
    let addresses = servers.each_ref().map(|server| server.address);
    let nginx = Nginx::start(addresses);

    // One is killed, and comes back.
    let load = Load::start(&nginx);
    servers.iter().for_each(until_asked);
    servers[1].signal(Signal::KILL);
    let rounds = load.rounds() + 6;
    until("the other is asked alone", || load.rounds() >= rounds);
    servers[1] = start(addresses[1], &redis);
    until_asked(&servers[1]);
    let killed = load.stop();
    assert_eq!(killed.failed_gets, [""; 0]);

    // Both are restarted, one after the other.
    let load = Load::start(&nginx);
    for (server, address) in servers.iter_mut().zip(addresses) {
        until_asked(server);
        server.signal(Signal::TERM);
        until("the server has ended", || server.has_ended());
        *server = start(address, &redis);
        until_asked(server);
    }
    let rolled = load.stop();
    assert_eq!(rolled.failed_gets, [""; 0]);
    assert_eq!(rolled.failed_posts, [""; 0]);

    let numbers = [killed.numbers, rolled.numbers].concat();
    let failed = killed.failed_posts.len();
    eprintln!(
        "{} numbers; {failed} batches failed as a server was killed",
        numbers.len()
    );
    assert!(numbers.len() > 2_000, "{}", numbers.len());
    assert_distinct(&numbers);
}

/// A server that takes each request, and ends its connection without an answer.
fn dies_of_each_request() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = stream.and_then(|mut stream| stream.read(&mut [0; 4096]));
        }
    });
    address
}

#[test]
fn what_a_server_died_of_is_asked_again_where_it_may_be() {
    if !are_installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let ledger = format!("sqlite:{}/ledger.db", folder.path().display());
    let server = Program::start(&["--store", "memory:", "--ledger", &ledger], &[QUIET]);
    let post = [
        "--data",
        r#"{"count":1}"#,
        "--header",
        "Content-Type: application/json",
    ];
    let keyed = [&post[..], &["--header", "Idempotency-Key: a-1"]].concat();
    for (target, args, expected) in [
        ("/next-tracking-number", &[][..], ["200", "200"]),
        ("/tracking-numbers", &keyed, ["200", "200"]),
        ("/tracking-numbers/", &keyed, ["200", "200"]),
        ("/tracking-numbers", &post, ["200", "502"]),
    ] {
        // One of the two is for the one that dies.
        let nginx = Nginx::start([dies_of_each_request(), server.address]);
        let first = Curl::ask(&nginx, args, target);
        let second = Curl::ask(&nginx, args, target);
        let mut found = [first.statuses(), second.statuses()].concat();
        found.sort_unstable();
        assert_eq!(found, expected, "{target} {args:?} {}", second.output);
    }
}

#[test]
fn a_client_is_known_by_its_address_and_a_request_by_its_id() {
    if !are_installed() {
        return;
    }
    let args = [
        "--store",
        "memory:",
        "--trusted-proxy",
        "127.0.0.1",
        "--address-rate",
        "1",
    ];
    // A rate that leaves out what was taken an hour ago is no rate of a test.
    let args = [&args[..], &["--address-burst", "1"]].concat();
    let mut server = Program::start(&args, &[]);
    let nginx = Nginx::start([server.address; 2]);
    let target = "/next-tracking-number#[1-4]";
    for (from, forged) in [
        ("127.0.0.2", None),
        ("127.0.0.3", Some("X-Forwarded-For: 127.9.9.9")),
    ] {
        let forged = forged.map_or(vec![], |header| vec!["--header", header]);
        let args = [
            &["--interface", from, "--header", "X-Request-Id: mine-1"],
            &forged[..],
        ]
        .concat();
        let answers = Curl::ask(&nginx, &args, target);
        let statuses = answers.statuses();
        assert_eq!(statuses.first(), Some(&"200"), "{}", answers.output);
        assert!(statuses.contains(&"429"), "{}", answers.output);
    }
    assert!(server.wait_for("id=\"mine-1\"").contains("status=200"));
    let named = Curl::ask(
        &nginx,
        &["--include", "--header", "X-Request-Id: mine-2"],
        "/livez",
    );
    assert!(
        named.output.contains("x-request-id: mine-2\r\n"),
        "{}",
        named.output
    );
    // What the server would not take as an id gets another one, which both logs have.
    Curl::ask(&nginx, &["--header", "X-Request-Id: <mine 3>"], "/livez");
    let log = nginx.read("tracking.log");
    let last = log.lines().last().unwrap();
    let id = last.split(' ').nth(1).unwrap();
    assert_eq!(id.len(), "id=\"\"".len() + 32, "{last}");
    server.wait_for(id);
    // Neither log has what was asked.
    assert!(!log.contains("tracking-number"), "{log}");
}

#[test]
fn the_edge_speaks_http_2_and_keeps_what_is_too_long_or_not_for_others() {
    if !are_installed() {
        return;
    }
    let server = Program::start(&["--store", "memory:"], &[QUIET]);
    let nginx = Nginx::start([server.address; 2]);
    let asked = Curl::ask(&nginx, &["--http2", "--include"], "/next-tracking-number");
    assert!(
        asked.output.contains("status=200 version=2 "),
        "{}",
        asked.output
    );
    assert!(
        asked.output.contains("strict-transport-security: "),
        "{}",
        asked.output
    );
    let body = "x".repeat(65 * 1024);
    let long = format!(
        "/next-tracking-number?customer_name={}",
        "x".repeat(9 * 1024)
    );
    for (args, target, status) in [
        (&[][..], "/metrics", "404"),
        (&["--data", &body], "/tracking-numbers", "413"),
        (&["--http1.1"], &long, "414"),
        (
            &[
                "--data",
                r#"{"count":1000000}"#,
                "--header",
                "Content-Type: application/json",
            ],
            "/tracking-numbers",
            "200",
        ),
    ] {
        let answer = Curl::ask(&nginx, args, target);
        assert_eq!(answer.statuses(), [status], "{target}");
    }
}
