//! Heads and bodies of requests, sent to a server.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use tracking_core::{Desk, Generator, MemoryAllocator};
use tracking_http::{App, Limits, Options};

static SERVER: LazyLock<SocketAddr> = LazyLock::new(|| {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let desk = Desk::new(Generator::new(MemoryAllocator::new()));
            let app = App::new(desk, Options::default());
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let never = std::future::pending();
            tracking_http::run(app, Limits::default(), listener, never)
                .await
                .unwrap();
        });
    });
    address
});

/// Every number that was answered since the start.
static ANSWERED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// How many were issued, as the server counts them.
fn issued() -> u64 {
    let page = exchange(b"GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    let page = String::from_utf8(page).unwrap();
    let counts = page
        .lines()
        .filter(|line| line.starts_with("tracking_numbers_issued_total"));
    counts
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn exchange(request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(*SERVER).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // A server that has answered may close before all was sent.
    let _ = stream.write_all(request);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Whatever is sent: what is answered begins as HTTP with a known status, never 500; every number in it is
/// new; and where all that was answered is a refusal, nothing was issued.
pub fn run(data: &[u8]) {
    let before = issued();
    let answer = exchange(data);
    if answer.is_empty() {
        assert_eq!(issued(), before, "without an answer nothing is issued");
        return;
    }
    let head = answer.get(..12).and_then(|head| str::from_utf8(head).ok());
    let status = head.and_then(|head| {
        let versions = ["HTTP/1.1 ", "HTTP/1.0 "];
        versions
            .iter()
            .find_map(|version| head.strip_prefix(version))
    });
    let status: u16 = status.expect("an answer's head").parse().expect("a status");
    assert!(
        (200..=431).contains(&status) || [501, 503, 505].contains(&status),
        "{status}"
    );
    let text = String::from_utf8_lossy(&answer);
    let mut answered = ANSWERED.lock().unwrap();
    let numbers = text.split("\"tracking_number\":\"").skip(1);
    let numbers = numbers.filter_map(|rest| rest.split('"').next());
    // A judged number is the caller's own.
    let is_judged = text.contains("\"belongs\":");
    for number in numbers.filter(|_| !is_judged) {
        assert!(
            answered.insert(number.to_owned()),
            "{number} was answered before"
        );
    }
    let all_refused = text.match_indices("HTTP/1.").all(|(at, _)| {
        let status = text.get(at + 9..at + 10);
        matches!(status, Some("4" | "5"))
    });
    if all_refused {
        assert_eq!(issued(), before, "what is refused issues nothing");
    }
}
