//! Who may call, by their tokens.

use rustix::process::Signal;
use tracking_core::{Allocator, Clock, Generator, MemoryAllocator, SystemClock, Verdict};
use tracking_http::{Gate, Limits};

use crate::support::{Client, InProcess, Program, TokenFile, gated};

pub(crate) const NEXT: &str = "/next-tracking-number";
const API: &str = "/api/next-tracking-number/";
const BATCH: &str = "/tracking-numbers";
pub(crate) const METRICS: &str = "/metrics";
const VERDICT: &str = "/tracking-numbers/AB12";

fn server(file: &TokenFile) -> InProcess {
    let generator = Generator::new(MemoryAllocator::new());
    let gate = Gate::with_tokens(file.path()).unwrap();
    InProcess::with_app(gated(generator, gate), Limits::default())
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// A program with this file, logging by default or by `RUST_LOG`.
pub(crate) fn program(file: &TokenFile, variables: &[(&str, &str)]) -> Program {
    let path = file.path();
    Program::start(
        &["--store", "memory:", "--tokens", path.to_str().unwrap()],
        variables,
    )
}

#[test]
fn each_route_needs_its_scope() {
    let file = TokenFile::new(&[
        ("shop", "trk_issue", "issue", ""),
        ("desk", "trk_read", "read", ""),
        ("both", "trk_both", "issue read", ""),
        ("watch", "trk_metrics", "metrics", ""),
    ]);
    let server = server(&file);
    let mut client = Client::connect(server.address);
    for (method, target, needed) in [
        ("GET", NEXT, "issue"),
        ("GET", API, "issue"),
        ("POST", BATCH, "issue"),
        ("GET", VERDICT, "read"),
        ("GET", METRICS, "metrics"),
    ] {
        let without = client.ask(method, target);
        assert_eq!(without.status, 401, "{target}");
        assert_eq!(without.problem()["type"], "/problems/unauthorized");
        let challenge =
            |answer: &crate::support::Answer| answer.header("www-authenticate").map(str::to_owned);
        let realm = "Bearer realm=\"tracking\"";
        assert_eq!(challenge(&without).as_deref(), Some(realm));
        for (token, scopes) in [
            ("trk_issue", "issue"),
            ("trk_read", "read"),
            ("trk_both", "issue read"),
            ("trk_metrics", "metrics"),
        ] {
            let answer = client.ask_with(method, target, &[&bearer(token)]);
            if scopes.contains(needed) {
                assert!(![401, 403].contains(&answer.status), "{token}: {answer:?}");
            } else {
                assert_eq!(answer.status, 403, "{token}: {answer:?}");
                assert_eq!(answer.problem()["type"], "/problems/forbidden");
                let expected = format!("{realm}, error=\"insufficient_scope\", scope=\"{needed}\"");
                assert_eq!(challenge(&answer), Some(expected));
            }
        }
        // Whatever the method: who may not learns nothing of the route.
        assert_eq!(client.ask("DELETE", target).status, 401);
    }
    let good = client.ask_with("GET", NEXT, &[&bearer("trk_issue")]);
    assert_eq!(good.status, 200);
    assert_eq!(good.header("ratelimit"), None);
    // What is anybody's, also with a token that is wrong.
    for (target, status) in [
        ("/livez", 200),
        ("/readyz", 200),
        ("/problems/unauthorized", 200),
        ("/problems/nowhere", 404),
        ("/openapi.json", 200),
        ("/docs", 200),
        ("/nowhere", 404),
        ("/", 200),
    ] {
        assert_eq!(client.ask("GET", target).status, status, "{target}");
        for token in ["trk_x", "trk_metrics"] {
            let answer = client.ask_with("GET", target, &[&bearer(token)]);
            assert_eq!(answer.status, status, "{target} {token}");
        }
    }
}

#[test]
fn only_one_good_token_in_its_place_opens() {
    let long = bearer(&"x".repeat(10_000));
    let file = TokenFile::new(&[
        ("a", "trk_a", "issue", "expires = 2999-01-01T00:00:00Z"),
        ("b", "trk_b", "issue", "expires = 2020-01-01T00:00:00Z"),
    ]);
    let server = server(&file);
    let mut client = Client::connect(server.address);
    const SENT: Option<&str> = Some("Bearer realm=\"tracking\", error=\"invalid_token\"");
    const NONE: Option<&str> = Some("Bearer realm=\"tracking\"");
    for (headers, challenge) in [
        (&["Authorization: Bearer trk_a"][..], None),
        (&["authorization: bearer trk_a"], None),
        (&["AUTHORIZATION: BEARER  trk_a "], None),
        // Expired, wrong, nearly right.
        (&["Authorization: Bearer trk_b"], SENT),
        (&["Authorization: Bearer trk_c"], SENT),
        (&["Authorization: Bearer trk_"], SENT),
        (&["Authorization: Bearer trk_aa"], SENT),
        (&["Authorization: Bearer TRK_A"], SENT),
        (&["Authorization: Bearer trk_a, Bearer trk_a"], SENT),
        (&["Authorization: Bearer \u{e9}"], SENT),
        (&[&long], SENT),
        (
            &["Authorization: Bearer trk_a", "Authorization: Bearer trk_a"],
            SENT,
        ),
        (
            &[
                "Authorization: Basic dHJrX2E6",
                "Authorization: Bearer trk_a",
            ],
            SENT,
        ),
        // None at all.
        (&["Authorization:"], NONE),
        (&["Authorization: Bearer"], NONE),
        (&["Authorization: trk_a"], NONE),
        (&["Authorization: Basic dHJrX2E6"], NONE),
        (&["Proxy-Authorization: Bearer trk_a"], NONE),
        (&["Cookie: token=trk_a"], NONE),
    ] {
        let answer = client.ask_with("GET", NEXT, headers);
        assert_eq!(answer.header("www-authenticate"), challenge, "{headers:?}");
        let status = if challenge.is_none() { 200 } else { 401 };
        assert_eq!(answer.status, status, "{headers:?}");
        assert!(!answer.body.contains("trk_"), "{answer:?}");
    }
    assert_eq!(
        client
            .ask("GET", "/next-tracking-number?token=trk_a")
            .status,
        401
    );
}

#[test]
fn who_may_not_takes_no_number() {
    let file = TokenFile::new(&[
        ("a", "trk_a", "issue", ""),
        ("b", "trk_b", "issue", "rate = 1\nburst = 40"),
        ("c", "trk_c", "read", ""),
    ]);
    let store = std::sync::Arc::new(MemoryAllocator::new());
    let generator = Generator::new(std::sync::Arc::clone(&store));
    let gate = Gate::with_tokens(file.path()).unwrap();
    let server = InProcess::with_app(gated(generator, gate), Limits::default());
    let mut client = Client::connect(server.address);
    // One number by GET and one by POST, since each way has numbers in hand of its own.
    let mut serials = || {
        let headers = [
            ("content-type", "application/json"),
            ("accept", "text/plain"),
            ("authorization", "Bearer trk_a"),
        ];
        let by_get = client.ask_with("GET", NEXT, &[&bearer("trk_a")]).json();
        let by_post = client.post(&headers, r#"{"count": 1}"#).body;
        [by_get["tracking_number"].as_str().unwrap(), by_post.trim()].map(|number| {
            let number = number.parse().unwrap();
            match store.series().judge(&number, SystemClock.now_ms(), None) {
                Verdict::Belongs(serial) => serial.value(),
                verdict => panic!("{verdict:?}"),
            }
        })
    };
    let mut last = serials();
    let mut others = Client::connect(server.address);
    // Each of these is counted, though it is refused, so that 10 are left, or a few more in a slow test.
    for _ in 0..30 {
        let forbidden = others.ask_with("GET", VERDICT, &[&bearer("trk_b")]);
        assert_eq!(forbidden.status, 403);
    }
    let body = |count| format!("{{\"count\": {count}}}");
    for (token, count, status) in [
        ("trk_x", 1, 401),
        ("trk_c", 1, 403),
        ("trk_b", 41, 400),
        ("trk_b", 1_000_000, 400),
        ("trk_b", 40, 429),
    ] {
        let token = format!("Bearer {token}");
        let headers = [
            ("content-type", "application/json"),
            ("authorization", &token),
        ];
        let answer = others.post(&headers, &body(count));
        assert_eq!(answer.status, status, "{answer:?}");
        if count == 1 {
            let answer = others.ask_with("GET", NEXT, &[&format!("Authorization: {token}")]);
            assert_eq!(answer.status, status, "{answer:?}");
        }
        let next = serials();
        assert_eq!(next, last.map(|last| last + 1), "{status}");
        last = next;
    }
}

#[test]
fn no_level_logs_a_token() {
    let file = TokenFile::new(&[("shop", "trk_canary", "issue", "rate = 1\nburst = 1")]);
    let mut program = program(&file, &[("RUST_LOG", "trace")]);
    assert!(!program.welcome.join("").contains("canary"));
    let mut client = Client::connect(program.address);
    for token in ["trk_canary", "trk_canary", "trk_other_canary"] {
        client.ask_with("GET", NEXT, &[&bearer(token)]);
        client.ask_with("GET", VERDICT, &[&bearer(token)]);
    }
    client.ask_with("GET", NEXT, &["Authorization: canary"]);
    program.wait_for("token=shop");
    file.write_text("canary");
    program.signal(Signal::HUP);
    let said = program.wait_for("the tokens stay as they were");
    assert!(!said.contains("canary"), "{said}");
    program.signal(Signal::TERM);
    let (_, said) = program.wait();
    assert!(
        said.contains("ending on SIGTERM") && !said.contains("canary"),
        "{said}"
    );
}
