//! How many numbers callers may take.

use std::time::{Duration, Instant};

use tracking_core::Generator;
use tracking_http::{Gate, Limits};

use crate::support::{Answer, Client, InProcess, Program, Switch, TokenFile, gated};

const NEXT: &str = "/next-tracking-number";

/// Ask until the answer is 429, which is soon, however slow this machine is: a second gives one number back.
#[track_caller]
fn until_refused(mut ask: impl FnMut() -> Answer, burst: usize, otherwise: u16) -> Answer {
    for asked in 0..1_000 {
        let answer = ask();
        if answer.status == 429 {
            assert!(asked >= burst, "refused after {asked}");
            assert_eq!(answer.problem()["type"], "/problems/too-many-requests");
            let after: u32 = answer.header("retry-after").unwrap().parse().unwrap();
            assert!(after >= 1);
            return answer;
        }
        assert_eq!(answer.status, otherwise, "{answer:?}");
    }
    panic!("never refused");
}

fn post(client: &mut Client, token: &str, count: u32) -> Answer {
    let token = format!("Bearer {token}");
    client.post(
        &[
            ("content-type", "application/json"),
            ("authorization", &token),
        ],
        &format!("{{\"count\": {count}}}"),
    )
}

#[test]
fn a_name_has_one_rate_and_a_batch_costs_its_numbers() {
    let rate = "rate = 1\nburst = 100";
    let file = TokenFile::new(&[
        ("shop", "trk_a", "issue read", rate),
        ("shop", "trk_b", "issue", rate),
        ("free", "trk_c", "issue", ""),
    ]);
    let path = file.path();
    let program = Program::start(
        &["--store", "memory:", "--tokens", path.to_str().unwrap()],
        &[],
    );
    let mut client = Client::connect(program.address);
    let one = client.ask_with("GET", NEXT, &["Authorization: Bearer trk_a"]);
    assert_eq!(
        one.header("ratelimit-policy"),
        Some("\"numbers\";q=100;w=100")
    );
    assert_eq!(one.header("ratelimit"), Some("\"numbers\";r=99;t=1"));
    let left = |answer: &Answer| {
        let field = answer.header("ratelimit").unwrap();
        let left = field
            .strip_prefix("\"numbers\";r=")
            .unwrap()
            .split(';')
            .next();
        left.unwrap().parse::<u32>().unwrap()
    };

    let batch = post(&mut client, "trk_b", 90);
    assert_eq!(batch.status, 200, "{batch:?}");
    // 100 - 1 - 90, and one for each second that has passed.
    assert!((9..90).contains(&left(&batch)), "{batch:?}");

    let refused = post(&mut client, "trk_a", 100);
    assert_eq!(refused.status, 429);
    let left_then = left(&refused);
    assert!(
        left_then >= 8,
        "nothing but the request itself was counted: {refused:?}"
    );
    let beyond = post(&mut client, "trk_a", 101);
    assert_eq!(beyond.status, 400);
    let problem = beyond.problem();
    assert_eq!(problem["type"], "/problems/batch-beyond-burst");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("At most 100 numbers")
    );
    assert!(beyond.header("ratelimit").is_some());

    let refused = until_refused(
        || {
            client.ask_with(
                "GET",
                "/tracking-numbers/AB12",
                &["Authorization: Bearer trk_a"],
            )
        },
        0,
        404,
    );
    assert_eq!(left(&refused), 0);
    assert_eq!(
        refused.header("ratelimit-policy"),
        Some("\"numbers\";q=100;w=100")
    );
    // Another name has nothing to do with it.
    let free = post(&mut client, "trk_c", 10_000);
    assert_eq!(free.status, 200);
    assert_eq!(free.header("ratelimit"), None);
}

#[test]
fn what_issues_nothing_costs_nothing() {
    let file = TokenFile::new(&[("shop", "trk_a", "issue", "rate = 1\nburst = 100")]);
    let store = Switch::new();
    store.turn_off();
    let gate = Gate::with_tokens(file.path()).unwrap();
    let app = gated(Generator::new(store.clone()), gate);
    let server = InProcess::with_app(app, Limits::default());
    let mut client = Client::connect(server.address);
    let mut next = |target: &str| {
        let answer = client.ask_with("GET", target, &["Authorization: Bearer trk_a"]);
        (answer.status, answer.header("ratelimit").map(str::to_owned))
    };
    let full = Some("\"numbers\";r=100;t=0".to_owned());
    for _ in 0..3 {
        assert_eq!(next(NEXT), (503, full.clone()));
        assert_eq!(next("/next-tracking-number?weight=0"), (400, full.clone()));
    }
    for (count, status) in [(100, 503), (0, 400), (101, 400), (100, 503)] {
        let answer = post(&mut client, "trk_a", count);
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("ratelimit").map(str::to_owned), full);
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    store.turn_on();
    loop {
        let answer = post(&mut client, "trk_a", 100);
        if answer.status == 200 {
            assert_eq!(answer.header("ratelimit"), Some("\"numbers\";r=0;t=100"));
            break;
        }
        assert!(Instant::now() < deadline, "{answer:?}");
    }
    assert_eq!(post(&mut client, "trk_a", 100).status, 429);
}

#[test]
fn guessing_tokens_is_slow_and_stops_no_neighbour() {
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let path = file.path();
    let program = Program::start(
        &[
            "--store",
            "memory:",
            "--tokens",
            path.to_str().unwrap(),
            "--address-rate",
            "1",
            "--address-burst",
            "20",
        ],
        &[],
    );
    let mut client = Client::connect(program.address);
    let mut guesses = 0;
    until_refused(
        || {
            guesses += 1;
            let guess = format!("Authorization: Bearer trk_{guesses}");
            client.ask_with("GET", NEXT, &[&guess])
        },
        20,
        401,
    );
    for _ in 0..50 {
        let good = client.ask_with("GET", NEXT, &["Authorization: Bearer trk_a"]);
        assert_eq!(good.status, 200);
        assert_eq!(client.ask("GET", "/livez").status, 200);
    }
}

/// One number a second for each address, and 20 at once.
const TWENTY: [&str; 6] = [
    "--store",
    "memory:",
    "--address-rate",
    "1",
    "--address-burst",
    "20",
];

#[test]
fn only_a_trusted_proxy_says_whose_address_it_is() {
    let from = |client: &mut Client, forwarded: &str| {
        client.ask_with("GET", NEXT, &[&format!("X-Forwarded-For: {forwarded}")])
    };
    // Nobody is trusted: whatever is written there, it is one address.
    let program = Program::start(&TWENTY, &[]);
    let mut client = Client::connect(program.address);
    let mut forged = 0;
    until_refused(
        || {
            forged += 1;
            from(&mut client, &format!("198.51.100.{}", forged % 250))
        },
        20,
        200,
    );

    let variables = [("TRACKING_TRUSTED_PROXY", "10.0.0.0/8,127.0.0.1")];
    let program = Program::start(&TWENTY, &variables);
    let mut client = Client::connect(program.address);
    // The proxy wrote the last one. What the client forged before it changes nothing.
    until_refused(
        || {
            forged += 1;
            from(
                &mut client,
                &format!("198.51.100.{}, 203.0.113.1, 10.1.1.1", forged % 250),
            )
        },
        20,
        200,
    );
    // Others go on. (A few may meet the busy one in its place of 65,536.)
    let served =
        (2..12).filter(|host| from(&mut client, &format!("203.0.113.{host}")).status == 200);
    assert!(served.count() >= 8);
}

#[test]
fn a_proxy_at_the_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    for trusted in [false, true] {
        let proxy = ["--trusted-proxy", "unix"];
        let more = if trusted { &proxy[..] } else { &[] };
        let program = Program::start_unix(path.to_str().unwrap(), &[&TWENTY[..], more].concat());
        let mut client = Client::connect_unix(&path);
        let mut ask =
            |host: &str| client.ask_with("GET", NEXT, &[&format!("X-Forwarded-For: {host}")]);
        until_refused(|| ask("203.0.113.1"), 20, 200);
        // Whether another client behind it has a rate of its own.
        let served = (2..12).filter(|host| ask(&format!("203.0.113.{host}")).status == 200);
        let served = served.count();
        assert_eq!(served >= 8, trusted, "{served}");
        drop(program);
    }
}
