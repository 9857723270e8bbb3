//! Servers behind the proxies of `deploy`: the very files, with other ports and paths.

mod curl;
mod proxy;

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use rustix::process::Signal;

use self::curl::{Curl, Load, assert_distinct};
use self::proxy::{Kind, Proxy};
use crate::redis_servers::server::{RedisServer, until};
use crate::support::{Client, Program, Scrape};

const KEY: (&str, &str) = ("TRACKING_KEY", "000102030405060708090a0b0c0d0e0f");
/// Nobody reads these logs.
const QUIET: (&str, &str) = ("RUST_LOG", "info,tracking_http::request=off");

fn start(address: SocketAddr, redis: &RedisServer) -> Program {
    let listen = ["--listen", &address.to_string()];
    Program::start_at(&listen, &["--store", &redis.url()], &[KEY, QUIET])
}

/// Until the proxy asks a server that was away.
fn until_asked(server: &Program) {
    until("the proxy asks the server again", || {
        let page = Scrape::of(&mut Client::connect(server.address));
        page.value("tracking_numbers_issued_total") > 100.0
    });
}

#[test]
fn behind_nginx_no_number_comes_twice_and_a_rolling_restart_fails_nobody() {
    killed_and_restarted(Kind::Nginx);
}

#[test]
fn behind_haproxy_no_number_comes_twice_and_a_rolling_restart_fails_nobody() {
    killed_and_restarted(Kind::HaProxy);
}

fn killed_and_restarted(kind: Kind) {
    let Some(redis) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    let free = "127.0.0.1:0".parse().unwrap();
    let mut servers = [start(free, &redis), start(free, &redis)];
    let addresses = servers.each_ref().map(|server| server.address);
    let Some(proxy) = Proxy::start(kind, addresses) else {
        return;
    };

    // One is killed, and comes back.
    let load = Load::start(&proxy);
    servers.iter().for_each(until_asked);
    servers[1].signal(Signal::KILL);
    let rounds = load.rounds() + 6;
    until("the other is asked alone", || load.rounds() >= rounds);
    servers[1] = start(addresses[1], &redis);
    until_asked(&servers[1]);
    let killed = load.stop();
    assert_eq!(killed.failed_gets, [""; 0]);

    // Both are restarted, one after the other.
    let load = Load::start(&proxy);
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

/// HAProxy finds out by its own checks, and asks such a server nothing: what it does when one dies in between is
/// what the load sees.
#[test]
fn what_a_server_died_of_is_asked_again_where_it_may_be() {
    let kind = Kind::Nginx;
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
        let Some(proxy) = Proxy::start(kind, [dies_of_each_request(), server.address]) else {
            return;
        };
        let first = Curl::ask(&proxy, args, target);
        let second = Curl::ask(&proxy, args, target);
        let mut found = [first.statuses(), second.statuses()].concat();
        found.sort_unstable();
        assert_eq!(found, expected, "{target} {args:?} {}", second.output);
    }
}

/// What is left to an address after its last answer, by the header of each.
fn left(answers: &Curl) -> Vec<u32> {
    let lines = answers.output.lines().map(str::to_ascii_lowercase);
    let left = lines.filter_map(|line| {
        let left = line
            .strip_prefix("ratelimit: \"numbers\";r=")?
            .split(';')
            .next();
        Some(left.unwrap().parse().unwrap())
    });
    left.collect()
}

#[test]
fn a_client_is_known_by_its_address_and_a_request_by_its_id() {
    let args = ["--store", "memory:", "--trusted-proxy", "127.0.0.1"];
    let rate = ["--address-rate", "1", "--address-burst", "1000"];
    for kind in [Kind::Nginx, Kind::HaProxy] {
        let mut server = Program::start(&[args, rate].concat(), &[]);
        let Some(proxy) = Proxy::start(kind, [server.address; 2]) else {
            return;
        };
        for from in ["127.0.0.2", "127.0.0.3"] {
            // Each of them says that it is somebody else.
            let mut all = Vec::new();
            for forged in 1..=10 {
                let forged = format!("X-Forwarded-For: 127.9.9.{forged}");
                let args = ["--interface", from, "--include", "--header", &forged];
                all.extend(left(&Curl::ask(
                    &proxy,
                    &args,
                    "/next-tracking-number#[1-5]",
                )));
            }
            // A number comes back each second.
            assert_eq!((all.len(), all[0]), (50, 999), "{all:?}");
            assert!(all[49] < 990, "{all:?}");
        }
        let named = ["--include", "--header", "X-Request-Id: mine-1"];
        let named = Curl::ask(&proxy, &named, "/version");
        assert!(
            named.output.contains("x-request-id: mine-1\r\n"),
            "{}",
            named.output
        );
        server.wait_for("id=\"mine-1\"");
        // What the server would not take as an id gets another one, which both logs have.
        Curl::ask(&proxy, &["--header", "X-Request-Id: <mine 2>"], "/version");
        let line = server.wait_for("route=\"/version\"");
        assert!(!line.contains("mine"), "{line}");
        let id = line
            .split(' ')
            .find(|field| field.starts_with("id="))
            .unwrap();
        let log = match kind {
            Kind::Nginx => "tracking.log",
            Kind::HaProxy => "start.log",
        };
        until("the proxy logs the id as well", || {
            proxy.read(log).contains(id)
        });
        // Neither log has what was asked.
        assert!(!proxy.read(log).contains("tracking-number"));
    }
}

#[test]
fn the_edge_speaks_http_2_and_keeps_what_is_too_long_or_not_for_others() {
    let server = Program::start(&["--store", "memory:"], &[QUIET]);
    for kind in [Kind::Nginx, Kind::HaProxy] {
        let Some(proxy) = Proxy::start(kind, [server.address; 2]) else {
            return;
        };
        let asked = Curl::ask(&proxy, &["--http2", "--include"], "/next-tracking-number");
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
            (&[], "/metrics/", "404"),
            (&[], "/metrics?a", "404"),
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
            let answer = Curl::ask(&proxy, args, target);
            assert_eq!(answer.statuses(), [status], "{target}");
        }
    }
}
