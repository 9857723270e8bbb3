//! How many numbers a second `POST /tracking-numbers` answers, in each form, with the client beside it:
//!
//! `cargo build --release && cargo run --release -p tracking-bench --bin batch [ROUNDS [COUNT [MILLIONS]]]`
//!
//! With MILLIONS it fails where a form is answered slower than that.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use memchr::memchr_iter;
use tracking_bench::Failure;
use tracking_bench::served::{Served, argument, show};

const FORMS: [(&str, &str); 3] = [
    ("text/plain", "\n"),
    ("application/json", ","),
    ("application/x-ndjson", "\n"),
];

fn main() -> Result<(), Failure> {
    let (rounds, count) = (argument(0, 7)?, argument(1, 1_000_000)?);
    let millions = argument(2, 0)?;
    let server = Served::tracking_http(&[], &[])?;
    println!("{rounds} rounds of {count}, million numbers a second");
    println!("{:<48}    least   median     most", "");
    for (form, separator) in FORMS {
        // The first warms it up.
        take(server.address, form, separator, count)?;
        let rates: Result<Vec<_>, _> = (0..rounds)
            .map(|_| take(server.address, form, separator, count))
            .collect();
        let median = show(form, rates?);
        if median.is_none_or(|median| median < millions as f64) {
            return Err(format!("expected {millions} million numbers a second").into());
        }
    }
    Ok(())
}

/// Take so many, and count them; how many million a second that was.
fn take(address: SocketAddr, form: &str, separator: &str, count: usize) -> Result<f64, Failure> {
    let mut stream = TcpStream::connect(address)?;
    let body = format!(r#"{{"count":{count}}}"#);
    let length = body.len();
    let began = Instant::now();
    write!(
        stream,
        "POST /tracking-numbers HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: {form}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = BufReader::with_capacity(256 * 1024, stream);
    let mut line = String::new();
    answer.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(format!("expected a 200, found {line:?}").into());
    }
    while line != "\r\n" {
        line.clear();
        answer.read_line(&mut line)?;
    }
    let separator = separator.as_bytes()[0];
    let mut found = 0;
    let mut bytes = vec![0; 256 * 1024];
    loop {
        let read = answer.read(&mut bytes)?;
        if read == 0 {
            break;
        }
        found += memchr_iter(separator, &bytes[..read]).count();
    }
    let took = began.elapsed();
    // A comma stands between them, and one behind the list.
    if found < count {
        return Err(format!("expected {count} numbers, found {found}").into());
    }
    Ok(count as f64 / 1e6 / took.as_secs_f64())
}
