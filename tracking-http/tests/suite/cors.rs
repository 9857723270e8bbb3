//! Pages of other origins: `--cors-origin`.

use crate::support::{Answer, Client, Program, TokenFile, run_to_end};

const MARKS: [&str; 3] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "vary",
];

fn start(origins: &[&str]) -> Program {
    let mut args = vec!["--store", "memory:"];
    for origin in origins {
        args.extend(["--cors-origin", origin]);
    }
    Program::start(&args, &[])
}

fn ask(program: &Program, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let mut client = Client::connect(program.address);
    client.send(&format!(
        "{method} {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n"
    ));
    match method {
        "OPTIONS" => client.receive_head(),
        method => client.receive(method),
    }
}

fn marks(answer: &Answer) -> [Option<&str>; 3] {
    MARKS.map(|name| answer.header(name))
}

fn preflight(program: &Program, target: &str, origin: &str) -> Answer {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        (
            "Access-Control-Request-Headers",
            "authorization,content-type",
        ),
    ];
    ask(program, "OPTIONS", target, &headers)
}

const SHOP: &str = "https://shop.example";
const EXPOSED: &str =
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Allow, Idempotent-Replayed";

#[test]
fn it_is_off_by_default() {
    let program = start(&[]);
    let answer = ask(&program, "GET", "/livez", &[("Origin", SHOP)]);
    assert_eq!((answer.status, marks(&answer)), (200, [None; 3]));
    let answer = preflight(&program, "/tracking-numbers", SHOP);
    assert_eq!((answer.status, marks(&answer)), (405, [None; 3]));
}

#[test]
fn a_preflight_lists_the_methods_of_its_path() {
    let program = start(&["https://other.example,https://SHOP.example"]);
    for (target, methods) in [
        ("/tracking-numbers", "GET, HEAD, POST"),
        ("/next-tracking-number", "GET"),
        ("/api/next-tracking-number/", "GET"),
        ("/tracking-numbers/A1", "GET, HEAD"),
    ] {
        let answer = preflight(&program, target, SHOP);
        assert_eq!(answer.status, 204, "{target}");
        assert_eq!(answer.header("access-control-allow-methods"), Some(methods));
        let headers = answer.header("access-control-allow-headers");
        assert_eq!(
            headers,
            Some("Authorization, Content-Type, X-Request-Id, Accept, Idempotency-Key")
        );
        assert_eq!(answer.header("access-control-max-age"), Some("7200"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(marks(&answer), [Some(SHOP), Some(EXPOSED), Some("Origin")]);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    // It is no preflight without the method that is wanted.
    let answer = ask(
        &program,
        "OPTIONS",
        "/tracking-numbers",
        &[("Origin", SHOP)],
    );
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, Some("GET, HEAD, POST"))
    );
    // Nothing is there to be asked for.
    assert_eq!(preflight(&program, "/nothing", SHOP).status, 404);
}

#[test]
fn every_answer_is_marked_for_a_named_origin_alone() {
    let program = start(&[SHOP]);
    let long = format!("/livez?{}", "x".repeat(9_000));
    let cases = [
        ("GET", "/next-tracking-number", 200),
        ("GET", "/next-tracking-number?weight=x", 400),
        ("GET", "/nothing", 404),
        ("POST", "/livez", 405),
        ("GET", &long, 414),
    ];
    for (method, target, status) in cases {
        let answer = ask(&program, method, target, &[("Origin", SHOP)]);
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(
            marks(&answer),
            [Some(SHOP), Some(EXPOSED), Some("Origin")],
            "{target}"
        );
        for other in [
            "https://evil.example",
            "https://shop.example.evil.example",
            "null",
        ] {
            let answer = ask(&program, method, target, &[("Origin", other)]);
            assert_eq!(answer.status, status, "{target}");
            assert_eq!(marks(&answer), [None, None, Some("Origin")], "{target}");
        }
        let answer = ask(&program, method, target, &[]);
        assert_eq!(marks(&answer), [None, None, Some("Origin")], "{target}");
    }
    let answer = preflight(&program, "/tracking-numbers", "https://evil.example");
    assert_eq!(
        (answer.status, marks(&answer)),
        (204, [None, None, Some("Origin")])
    );
    assert_eq!(answer.header("access-control-allow-methods"), None);
}

/// A browser asks without a token, and a page must be able to read why it was refused.
#[test]
fn tokens_are_asked_for_after_the_preflight() {
    let file = TokenFile::new(&[("shop", "trk_issue", "issue", "")]);
    let path = file.path();
    let path = path.to_str().unwrap();
    let args = [
        "--store",
        "memory:",
        "--tokens",
        path,
        "--cors-origin",
        SHOP,
    ];
    let program = Program::start(&args, &[]);
    let answer = preflight(&program, "/tracking-numbers", SHOP);
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("GET, HEAD, POST")
    );
    assert!(answer.header("x-request-id").is_some());
    let answer = ask(
        &program,
        "GET",
        "/next-tracking-number",
        &[("Origin", SHOP)],
    );
    assert_eq!(answer.status, 401);
    assert_eq!(marks(&answer), [Some(SHOP), Some(EXPOSED), Some("Origin")]);
}

#[test]
fn any_origin_may_be_allowed() {
    let program = Program::start(&["--store", "memory:"], &[("TRACKING_CORS_ORIGIN", "*")]);
    let answer = ask(&program, "GET", "/livez", &[("Origin", "null")]);
    assert_eq!(marks(&answer), [Some("*"), Some(EXPOSED), None]);
    let answer = preflight(&program, "/tracking-numbers", "https://anything.example");
    assert_eq!(marks(&answer), [Some("*"), Some(EXPOSED), None]);
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("GET, HEAD, POST")
    );
}

#[test]
fn what_is_no_origin_is_wrong_usage() {
    for (origin, why) in [
        (
            "https://shop.example/",
            "an origin has no path, nor a slash at its end",
        ),
        ("shop.example", "it has no scheme"),
        (
            "*,https://shop.example",
            "allows every origin: name no other beside it",
        ),
    ] {
        let output = run_to_end(&["--store", "memory:", "--cors-origin", origin], &[]);
        assert_eq!(output.status.code(), Some(2), "{origin}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(why), "{said}");
    }
}
