//! The log as its readers find it. What may not be in it: `canary`.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Client, Program, run_to_end};

fn memory(more: &[&'static str], variables: &[(&str, &str)]) -> Program {
    Program::start(&[&["--store", "memory:"], more].concat(), variables)
}

fn said(program: Program) -> String {
    program.signal(Signal::TERM);
    let (status, said) = program.wait();
    assert!(status.success());
    said
}

/// The part between two others.
#[track_caller]
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("{text}"));
    rest.split_once(after).unwrap_or_else(|| panic!("{text}")).0
}

#[test]
fn a_line_a_request() {
    let program = memory(&[], &[]);
    let mut client = Client::connect(program.address);
    let head = "GET /next-tracking-number?weight=1 HTTP/1.1\r\nHost: a\r\n";
    client.send(&format!("{head}X-Request-Id: mine-1\r\n\r\n"));
    assert_eq!(client.receive("GET").header("x-request-id"), Some("mine-1"));
    let answer = client.ask("BREW", "/tracking-numbers/AB12");
    let made = answer.header("x-request-id").unwrap().to_owned();
    assert_eq!(made.len(), 36, "{made}");
    let said = said(program);
    let lines: Vec<_> = said.lines().collect();
    let [first, second, end] = lines[..] else {
        panic!("{said}");
    };
    let (time, ms) = (&first[..24], first.rsplit_once(" ms=").unwrap().1);
    assert_eq!(
        first,
        format!(
            "{time}  INFO tracking_http::request: answered id=\"mine-1\" method=\"GET\" \
             route=\"/next-tracking-number\" status=200 ms={ms}"
        )
    );
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert!(
        (1..=3).contains(&ms.split_once('.').unwrap().1.len()),
        "{ms}"
    );
    let expected = format!(
        "  INFO tracking_http::request: answered id=\"{made}\" method=\"other\" \
         route=\"/tracking-numbers/{{number}}\" status=405 ms="
    );
    assert_eq!(between(second, "Z", " ms=").to_owned() + " ms=", expected);
    assert!(
        end.ends_with("  INFO tracking_http::program::signals: ending on SIGTERM"),
        "{end}"
    );
}

#[test]
fn an_object_a_request() {
    let program = memory(&[], &[("TRACKING_LOG_FORMAT", "json")]);
    let answer = Client::connect(program.address).ask("GET", "/livez");
    let said = said(program);
    let line = said.lines().next().unwrap();
    let object: Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        line,
        format!(
            "{{\"timestamp\":{},\"level\":\"INFO\",\"message\":\"answered\",\"id\":\"{}\",\
             \"method\":\"GET\",\"route\":\"/livez\",\"status\":200,\"ms\":{},\
             \"target\":\"tracking_http::request\"}}",
            object["timestamp"],
            answer.header("x-request-id").unwrap(),
            between(line, "\"ms\":", ",")
        )
    );
}

#[test]
fn every_answer_has_an_id() {
    let program = memory(&[], &[("RUST_LOG", "off")]);
    let mut client = Client::connect(program.address);
    let long = format!("/{}", "x".repeat(9_000));
    for (method, target, status) in [
        ("GET", "/nowhere", 404),
        ("DELETE", "/next-tracking-number", 405),
        ("GET", "/next-tracking-number?x=1", 400),
        ("HEAD", "/readyz", 200),
        ("GET", &long, 414),
    ] {
        let answer = client.ask(method, target);
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("x-request-id").map(str::len),
            Some(36),
            "{answer:?}"
        );
    }
    assert_eq!(said(program), "", "off is off");
}

#[test]
fn requests_alone_can_be_left_out() {
    let program = memory(&[], &[("RUST_LOG", "info,tracking_http::request=off")]);
    Client::connect(program.address).ask("GET", "/next-tracking-number");
    let said = said(program);
    assert!(!said.contains("request"), "{said}");
    assert!(said.ends_with("ending on SIGTERM\n"), "{said}");
}

#[test]
fn another_format_is_wrong_usage() {
    let output = run_to_end(&["--log-format", "xml"], &[]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("[possible values: text, json]"), "{said}");
}

/// Nobody reads stderr: a pipe that is full holds up no request, and what is dropped is said later.
#[test]
fn a_log_that_nobody_reads_holds_nobody_up() {
    // Lines of some 210 bytes, of which the pipe and the program take some 2 MiB.
    const REQUESTS: usize = 15_000;
    let mut program = memory(&["--log-format", "json"], &[]);
    let mut client = Client::connect(program.address);
    let before = program.memory_kib("VmRSS:");
    let began = Instant::now();
    for _ in 0..REQUESTS {
        assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
        assert!(began.elapsed() < Duration::from_secs(60), "held up");
    }
    let grown = program.memory_kib("VmRSS:").saturating_sub(before);
    assert!(grown < 8 * 1024, "{grown} KiB");
    let reading = program.read_stderr();
    // Until what waited is written, and with it that lines are missing.
    let deadline = Instant::now() + Duration::from_secs(20);
    while !reading.lock().unwrap().contains("were dropped") {
        assert!(Instant::now() < deadline, "nothing is said of them");
        std::thread::sleep(Duration::from_millis(10));
    }
    program.signal(Signal::TERM);
    assert!(program.wait().0.success());
    let said = reading.lock().unwrap();
    let objects: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |target: &str| {
        objects
            .iter()
            .filter(|object| object["target"] == target)
            .count()
    };
    let dropped: u64 = objects
        .iter()
        .filter_map(|object| object["dropped"].as_u64())
        .sum();
    assert!(dropped > 0);
    assert_eq!(
        of("tracking_http::request") as u64 + dropped,
        REQUESTS as u64
    );
}

/// Nor does it keep the program from its end, or say anything elsewhere.
#[test]
fn a_log_that_nobody_reads_is_not_waited_for() {
    let program = memory(&[], &[]);
    let mut client = Client::connect(program.address);
    for _ in 0..15_000 {
        client.ask("GET", "/livez");
    }
    let began = Instant::now();
    program.signal(Signal::TERM);
    assert!(program.wait().0.success());
    assert!(began.elapsed() < Duration::from_secs(10), "held up");
}
