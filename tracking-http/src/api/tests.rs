//! Whatever the contract has a case for is answered alike with and without the filters.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes};
use regex::bytes::Regex;
use tracking_core::testing::{FULL_ORDER, wrong_values};
use tracking_core::{Desk, Generator, MemoryAllocator};
use warp::http::Request;
use warp::reply::Response;

use super::*;
use crate::api::state::TokensInForce;

const PATHS: [&str; 4] = [
    "/next-tracking-number",
    "/next-tracking-number/",
    "/api/next-tracking-number",
    "/api/next-tracking-number/",
];

fn endpoints() -> Endpoints {
    let generator = Generator::new(MemoryAllocator::new());
    // What is answered at once needs nobody who waits.
    generator.next().unwrap();
    Endpoints::new(Api::new(
        Desk::new(generator),
        None,
        Arc::default(),
        Turns::new(1, 1),
        TABLES,
        TokensInForce(Box::new(|| None)),
    ))
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().map(|(name, value)| {
        let value =
            percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        format!("{name}={value}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The queries of the contract.
fn queries() -> Vec<String> {
    let long = ["x".repeat(255), "s".repeat(255)];
    let right = [
        ("origin_country_id", "us"),
        ("weight", "0.001"),
        ("weight", "999999.999"),
        ("weight", "7"),
        ("customer_name", "Ærø & Søn"),
        ("customer_name", "株式会社"),
        ("customer_name", r#"a "b" \c"#),
        ("customer_name", &long[0]),
        ("customer_id", "DE619854-B59B-425E-9DB4-943979E1BD49"),
        ("customer_slug", "a-1-b"),
        ("customer_slug", &long[1]),
        ("created_at", "2016-12-31T23:59:60Z"),
        ("created_at", "2018-11-20t19:29:32-00:00"),
        ("created_at", "2018-11-20T19:29:32.123456-03:30"),
    ];
    let raw = [
        "",
        "&",
        "origin_country_id=US&destination_country_id=IN&weight=1.200",
        "created_at=2018-11-20T19:29:32+08:00",
        "weight=1&weight=2",
        "customer_name=%ff%fe",
        "weight=%",
        "orgin_country_id=MY",
        "=1",
        "origin_country_id=ZZ&weight=x&customer_slug=-",
    ];
    let mut queries: Vec<String> = raw.map(str::to_owned).to_vec();
    queries.push(encoded(&FULL_ORDER));
    for (name, _) in FULL_ORDER {
        let others = FULL_ORDER.into_iter().filter(|(other, _)| *other != name);
        queries.push(encoded(&others.collect::<Vec<_>>()));
    }
    let values = right.map(|(name, value)| (name, value.to_owned()));
    for (name, value) in values.into_iter().chain(wrong_values()) {
        queries.push(encoded(&[(name, &value)]));
        let full =
            FULL_ORDER.map(|(other, right)| (other, if other == name { &*value } else { right }));
        queries.push(encoded(&full));
    }
    queries
}

fn asker() -> Asker {
    Asker {
        id: "1".into(),
        token: None,
        reads_ledger: true,
        account: None,
        #[cfg(feature = "console")]
        visit: None,
    }
}

/// What there is at once.
fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it must be waited for"),
    }
}

/// An answer's bytes, but for its number and time.
fn written(answer: Response) -> Vec<u8> {
    let (head, body) = answer.into_parts();
    let mut body = pin!(body);
    let frame = ready(std::future::poll_fn(|context| {
        body.as_mut().poll_frame(context)
    }));
    let body = frame.map_or_else(Bytes::new, |frame| frame.unwrap().into_data().unwrap());
    let number = Regex::new(r#""tracking_number":"[A-Z0-9]{16}""#).unwrap();
    let time = Regex::new(r#""created_at":"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}"#).unwrap();
    let body = number.replace(&body, &b"NUMBER"[..]);
    let body = time.replace(&body, &b"TIME"[..]);
    let head = format!("{} {:?} {:?}\n", head.status, head.version, head.headers);
    [head.as_bytes(), &body].concat()
}

#[test]
fn every_case_of_the_contract_is_answered_alike_both_ways() {
    let endpoints = endpoints();
    let (mut issued, mut refused) = (0, 0);
    for path in PATHS {
        for query in queries() {
            for target in [format!("{path}?{query}"), path.to_owned()] {
                let head = || {
                    let request = Request::builder().uri(&target).header("host", "test");
                    request.body(()).unwrap().into_parts().0
                };
                let fast = endpoints.past_filters(Target::of(path), &head()).unwrap();
                let slow = endpoints.by_filters(head(), Bytes::new(), asker());
                let (fast, slow) = (ready(fast), ready(slow));
                match fast.status().as_u16() {
                    200 => issued += 1,
                    _ => refused += 1,
                }
                assert_eq!(written(fast), written(slow), "{target}");
            }
        }
    }
    assert!(issued > 100 && refused > 100, "{issued} {refused}");
}

/// The filters' own look at a path is the one by which its caller was let in.
#[test]
fn warp_routes_each_path_as_the_table_does() {
    let endpoints = endpoints();
    let methods = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "BREW"];
    let mut paths: Vec<String> = PATHS.map(str::to_owned).to_vec();
    for path in [
        "/",
        "//",
        "/livez",
        "/livez/",
        "/livez//",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/docs",
        "/docs/",
        "/docs/index.css",
        "/docs/x",
        "/problems",
        "/problems/",
        "/problems/not-found",
        "/problems/not-found/",
        "/problems/x",
        "/tracking-numbers",
        "/tracking-numbers/",
        "/tracking-numbers//",
        "/tracking-numbers/A",
        "/tracking-numbers/A/",
        "/tracking-numbers/A//",
        "/tracking-numbers/A/B",
        "/tracking-numbers/%41",
        "/next-tracking-numberz",
        "/%6civez",
        "/nowhere",
    ] {
        paths.push(path.to_owned());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    for (path, method) in paths
        .iter()
        .flat_map(|path| methods.map(|method| (path, method)))
    {
        let request = Request::builder().method(method).uri(path);
        let head = request.body(()).unwrap().into_parts().0;
        let target = Target::of(path);
        let is_allowed = target
            .endpoint
            .map(|endpoint| endpoint.allows(&head.method));
        let answer = endpoints.by_filters(head, Bytes::new(), asker());
        let status = runtime.block_on(answer).status().as_u16();
        match is_allowed {
            None => assert_eq!(status, 404, "{method} {path}"),
            Some(false) => assert_eq!(status, 405, "{method} {path}"),
            // A number that was never issued is 404, too.
            Some(true) => assert!(status != 405, "{method} {path}"),
        }
    }
}
