//! The command line beside a running server, on the default file.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use tracking_core::{Desk, Generator, SeriesOptions, open_store};
use tracking_http::{App, Limits, Options};

use crate::support::Operator;

/// Numbers that a server of the operator's default store answers, one a request.
fn ask(address: SocketAddr, count: usize) -> Vec<String> {
    let stream = TcpStream::connect(address).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut numbers = Vec::new();
    for _ in 0..count {
        let request = b"GET /next-tracking-number HTTP/1.1\r\nHost: localhost\r\n\r\n";
        (&stream).write_all(request).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            answers.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        answers.read_exact(&mut body).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        numbers.push(answer["tracking_number"].as_str().unwrap().to_owned());
    }
    numbers
}

#[test]
fn a_server_and_the_command_line_share_the_default_file_and_repeat_nothing() {
    let operator = Operator::new();
    operator.numbers(1);
    let store = open_store(
        &operator.store().parse().unwrap(),
        &SeriesOptions::default(),
    )
    .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = listener.local_addr().unwrap();
    // Small blocks, so that the two meet at the file often.
    let generator = Generator::builder()
        .block_size(std::num::NonZeroU32::new(100).unwrap())
        .build(store);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(tracking_http::run(
        App::new(Desk::new(generator), Options::default()),
        Limits::default(),
        listener,
        async {
            let _ = stopped.await;
        },
    ));

    let mut numbers = std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(address, 3_000));
        let mut numbers: Vec<_> = (0..12).flat_map(|_| operator.numbers(300)).collect();
        numbers.extend(asked.join().unwrap());
        numbers
    });
    stop.send(()).unwrap();
    runtime.block_on(serving).unwrap().unwrap();

    let prefix = numbers[0][..3].to_owned();
    assert_eq!(numbers.len(), 12 * 300 + 3_000);
    assert!(numbers.iter().all(|number| number.starts_with(&prefix)));
    let different: HashSet<_> = numbers.drain(..).collect();
    assert_eq!(different.len(), 12 * 300 + 3_000);
}
