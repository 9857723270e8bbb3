//! What a client sends is in no line of the log, at whatever level: asked in every way, with a word in
//! every place that could come from a customer, the program's stderr holds none of it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Client, Program, query, run_to_end};

/// As much as can be asked for, also of the crates that see a request first.
const EVERYTHING: &str =
    "trace,warp=trace,warp::filters=trace,hyper=trace,hyper::proto=trace,tracking_http=trace";

/// What all canaries share, but for the percent-encoding of their first letters.
const CANARY: &str = "okka";

/// Values of a customer that no word fits into.
const VALUES: [&str; 4] = [
    "5eedcafe-0000-4000-8000-0123456789ab",
    "98765.432",
    "23:58:57",
    "203.0.113.77",
];

/// Asks in every way, and answers each number that was issued.
struct Asking {
    address: SocketAddr,
    client: Client,
    numbers: Vec<String>,
    asked: usize,
}

impl Asking {
    fn of(address: SocketAddr) -> Self {
        Self {
            address,
            client: Client::connect(address),
            numbers: Vec::new(),
            asked: 0,
        }
    }

    /// Send a request that the server answers, and with which status.
    fn ask(&mut self, method: &str, target: &str, headers: &str, status: u16) -> Value {
        self.client.send(&format!(
            "{method} {target} HTTP/1.1\r\nHost: quokka.example\r\n{headers}\r\n"
        ));
        let answer = self.client.receive(method);
        assert_eq!(
            answer.status, status,
            "{method} {target} {headers}: {answer:?}"
        );
        self.asked += 1;
        let json = serde_json::from_str(&answer.body).unwrap_or_default();
        self.keep(&json);
        json
    }

    fn keep(&mut self, json: &Value) {
        let many = json["tracking_numbers"].as_array().into_iter().flatten();
        let all = many.chain([&json["tracking_number"]]);
        self.numbers
            .extend(all.filter_map(Value::as_str).map(str::to_owned));
    }

    fn queries(&mut self) {
        let [id, weight, time, _] = VALUES;
        let time = format!("1999-12-31T{time}+07:00");
        let order = [
            ("origin_country_id", "MY"),
            ("destination_country_id", "ID"),
            ("weight", weight),
            ("created_at", &time),
            ("customer_id", id),
            ("customer_name", "Quokka & Söhne"),
            ("customer_slug", "quokka-and-sons"),
        ];
        for path in ["/next-tracking-number", "/api/next-tracking-number/"] {
            self.ask("GET", &query(path, &order), "", 200);
            for wrong in [
                ("weight", "quokka"),
                ("customer_name", "quokka\n"),
                ("customer_slug", "QUOKKA"),
                ("customer_slig", "quokka"),
                ("quokka", "quokka"),
            ] {
                let mut order = order.to_vec();
                order.push(wrong);
                self.ask("GET", &query(path, &order), "", 400);
            }
            for raw in [
                "?q%75okka=1",
                "?customer_name=q%75okka%ff%00",
                "?qu%6fkka",
                "?&=quokka=%",
            ] {
                self.ask("GET", &format!("{path}{raw}"), "", 400);
            }
            self.ask("HEAD", &query(path, &order), "", 405);
            self.ask("QUOKKA", &query(path, &order), "", 405);
        }
        self.ask(
            "GET",
            "/next-tracking-number?customer_name=q%75okka",
            "",
            200,
        );
    }

    fn paths(&mut self) {
        for target in [
            "/quokka",
            "/quokka/quokka?quokka",
            "/tracking-numbers/quokka/1",
            "/problems/quokka",
            "/%71uokka",
            "//quokka",
            "http://quokka.example/quokka?quokka",
        ] {
            for method in ["GET", "POST", "OPTIONS"] {
                self.ask(method, target, "", 404);
            }
        }
        self.ask("CONNECT", "quokka.example:443", "", 404);
        let number = self.numbers[0].clone();
        self.ask("GET", &format!("/tracking-numbers/{number}"), "", 200);
        self.ask("GET", "/tracking-numbers/QUOKKA123", "", 404);
        self.ask("GET", "/tracking-numbers/quokka?quokka", "", 400);
        let long = "quokka".repeat(1_500);
        self.ask(
            "GET",
            &format!("/next-tracking-number?customer_name={long}"),
            "",
            414,
        );
    }

    fn headers(&mut self) {
        for header in [
            "Authorization: Bearer quokka",
            "Authorization: Basic quokka",
            "Authorization: quokka",
            "X-Forwarded-For: 203.0.113.77, quokka",
            "Forwarded: for=203.0.113.77;by=quokka",
            "X-Request-Id: quokka and more",
            "X-Request-Id: quokka\"",
            "X-Request-Id: quokka\\n2026-01-01T00:00:00Z ERROR quokka",
            "X-Request-Id: quokka\r\nX-Request-Id: quokka",
            "Cookie: quokka=quokka",
            "User-Agent: quokka",
            "Referer: https://quokka.example/?quokka",
            "Origin: https://quokka.example",
            "Quokka: quokka",
            "Accept: text/quokka",
            "Content-Type: application/quokka",
            "Traceparent: 00-quokka",
        ] {
            let header = format!("{header}\r\n");
            self.ask("GET", "/next-tracking-number", &header, 200);
            self.ask("OPTIONS", "/next-tracking-number", &header, 405);
        }
        let long = format!("Quokka: {}\r\n", "quokka".repeat(2_800));
        self.ask("GET", "/next-tracking-number", &long, 431);
    }

    fn bodies(&mut self) {
        let json = ("content-type", "application/json");
        for (headers, body, status) in [
            (
                vec![json],
                r#"{"count": 5, "order": {"customer_name": "quokka"}}"#,
                200,
            ),
            (
                vec![json],
                r#"{"count": 5, "order": {"customer_slug": "QUOKKA"}}"#,
                400,
            ),
            (vec![json], r#"{"count": 5, "quokka": 1}"#, 400),
            (vec![json], r#"{"count": "quokka"}"#, 400),
            (vec![json], r#"{"quokka": quokka}"#, 400),
            (
                vec![json, ("accept", "quokka/quokka")],
                r#"{"count": 5}"#,
                406,
            ),
            (vec![("content-type", "quokka/quokka")], "quokka", 415),
            (vec![("content-type", "quokka")], "quokka", 415),
        ] {
            let answer = self.client.post(&headers, body);
            assert_eq!(answer.status, status, "{headers:?} {body} {answer:?}");
            self.asked += 1;
            self.keep(&serde_json::from_str(&answer.body).unwrap_or_default());
        }
    }

    /// What is no request, or none of ours, or breaks off.
    fn broken(&self) {
        for bytes in [
            &b"GET /next-tracking-number?customer_name=quokka\r\nHost\r\n\r\n"[..],
            b"QUOKKA\r\n\r\n",
            b"\x16\x03\x01quokka",
            b"GET /quokka HTTP/9.quokka\r\n\r\n",
            b"GET /quokka\x00 HTTP/1.1\r\nHost: quokka\r\n\r\n",
            b"GET /\xffquokka HTTP/1.1\r\nHost: quokka\r\n\r\n",
            b"GET /quokka quokka HTTP/1.1\r\nHost: quokka\r\n\r\n",
            b"GET / HTTP/1.1\r\nquokka quokka: quokka\r\n\r\n",
            b"GET / HTTP/1.1\r\nX-Request-Id: \xffquokka\xfe\r\nConnection: close\r\n\r\n",
            b"GET / HTTP/1.1\r\nX-Request-Id: quokka\n quokka\r\n\r\n",
            b"GET / HTTP/1.1\r\nX-Request-Id: quokka\r quokka\r\n\r\n",
            b"POST /tracking-numbers HTTP/1.1\r\nContent-Length: quokka\r\n\r\nquokka",
            b"POST /tracking-numbers HTTP/1.1\r\nTransfer-Encoding: quokka\r\n\r\nquokka",
            b"POST /tracking-numbers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nquokka\r\nquokka",
            b"POST /tracking-numbers HTTP/1.1\r\nContent-Length: 99\r\n\r\nquokka",
            b"GET /next-tracking-number?customer_name=quokka HTTP/1.1\r\nHost: quo",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nquokka",
        ] {
            let mut stream = TcpStream::connect(self.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            stream.write_all(bytes).unwrap();
            // Either may fail, where the server has had enough.
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
}

fn everything_logged(format: &str, filter: &str) -> (String, usize) {
    let program = Program::start(
        &["--store", "memory:", "--log-format", format],
        &[("RUST_LOG", filter)],
    );
    let mut asking = Asking::of(program.address);
    asking.queries();
    asking.paths();
    asking.headers();
    asking.bodies();
    asking.broken();
    let Asking { numbers, asked, .. } = asking;
    program.signal(Signal::TERM);
    let (status, said) = program.wait();
    assert!(status.success());
    assert!(numbers.len() > 20, "{numbers:?}");
    for line in said.lines() {
        let lower = line.to_lowercase();
        assert!(!lower.contains(CANARY), "{line}");
        // Nothing of a query, or of what is escaped in it.
        assert!(!line.contains(['?', '%', '&']), "{line}");
        for value in VALUES {
            assert!(!line.contains(value), "{line}");
        }
        for number in &numbers {
            assert!(!line.contains(&number[3..15]), "{line}");
        }
    }
    assert!(said.contains("ending on SIGTERM"), "it logs at all: {said}");
    assert!(said.contains("a connection failed"), "all levels: {said}");
    (said, asked)
}

#[test]
fn text_at_no_level_shows_what_a_client_sent() {
    let (said, asked) = everything_logged("text", EVERYTHING);
    let requests = said.matches("  INFO tracking_http::request: answered id=");
    assert!(requests.count() >= asked, "{said}");
}

#[test]
fn json_at_no_level_shows_what_a_client_sent() {
    // A span makes the filter one that is asked for each line.
    let (said, asked) = everything_logged("json", &format!("{EVERYTHING},[span]=trace"));
    let objects = said.lines().map(|line| {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    let requests = objects.filter(|object| object["target"] == "tracking_http::request");
    assert!(requests.count() >= asked, "{said}");
}

#[test]
fn a_stores_password_is_never_shown() {
    for format in ["text", "json"] {
        let output = run_to_end(
            &["--listen", "127.0.0.1:0", "--log-format", format],
            &[
                ("RUST_LOG", EVERYTHING),
                ("TRACKING_STORE", "redis://shop:quokka@127.0.0.1:1/"),
            ],
        );
        assert_eq!(output.status.code(), Some(3));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.starts_with("error: "), "{said}");
        assert!(!said.contains(CANARY), "{said}");
    }
}
