//! Tokens that come and go while the server runs.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Client, Program, TokenFile};
use crate::tokens::{METRICS, NEXT, bearer, program};

#[test]
fn a_token_is_replaced_without_a_gap() {
    let (old, new) = (
        ("shop", "trk_old", "issue", ""),
        ("shop", "trk_new", "issue", ""),
    );
    let file = TokenFile::new(&[old]);
    let mut program = program(&file, &[]);
    assert!(
        program
            .welcome
            .contains(&"who may: 1 token of 1 name".to_owned())
    );
    let mut client = Client::connect(program.address);
    let mut statuses = || {
        ["trk_old", "trk_new"].map(|token| client.ask_with("GET", NEXT, &[&bearer(token)]).status)
    };
    assert_eq!(statuses(), [200, 401]);
    for (tokens, said, expected) in [
        (
            &[old, new][..],
            "read the tokens again: 2 tokens of 1 name",
            [200, 200],
        ),
        (
            &[new],
            "read the tokens again: 1 token of 1 name",
            [401, 200],
        ),
    ] {
        file.write(tokens);
        program.signal(Signal::HUP);
        program.wait_for(said);
        assert_eq!(statuses(), expected);
    }
    // A broken file keeps the old, and says so.
    file.write_text("[[token]]\nname = \"shop\"\nsha256 = \"trk_new\"\n");
    program.signal(Signal::HUP);
    let said = program.wait_for("the tokens stay as they were");
    let place = format!("{}:3:10: expected the SHA-256", file.path().display());
    assert!(said.contains(&place) && !said.contains("trk_"), "{said}");
    assert_eq!(statuses(), [401, 200]);
    std::fs::remove_file(file.path()).unwrap();
    program.signal(Signal::HUP);
    let said = program.wait_for("the tokens stay as they were");
    assert!(said.contains("No such file"), "{said}");
    assert_eq!(statuses(), [401, 200]);
    // An empty one is right.
    file.write(&[]);
    program.signal(Signal::HUP);
    program.wait_for("read the tokens again: 0 tokens of 0 names");
    assert_eq!(statuses(), [401, 401]);
}

#[test]
fn readings_of_the_file_are_counted() {
    let [watch, old] = [
        ("watch", "trk_w", "metrics", ""),
        ("a", "trk_a", "issue", "expires = 2020-01-01T00:00:00Z"),
    ];
    let file = TokenFile::new(&[watch, old]);
    let mut program = program(&file, &[]);
    let mut client = Client::connect(program.address);
    let mut figures = || {
        let page = client.ask_with("GET", METRICS, &[&bearer("trk_w")]).body;
        [
            "tracking_tokens_in_force ",
            "tracking_token_file_broken ",
            "tracking_token_file_reads_total{outcome=\"taken\"} ",
            "tracking_token_file_reads_total{outcome=\"refused\"} ",
        ]
        .map(|name| {
            let value = page.lines().find_map(|line| line.strip_prefix(name));
            value
                .unwrap_or_else(|| panic!("{name}: {page}"))
                .parse::<u32>()
                .unwrap()
        })
    };
    assert_eq!(figures(), [1, 0, 1, 0]);
    file.write_text("x");
    program.signal(Signal::HUP);
    program.wait_for("the tokens stay as they were");
    assert_eq!(figures(), [1, 1, 1, 1]);
    file.write(&[watch, ("b", "trk_b", "issue", "")]);
    program.signal(Signal::HUP);
    program.wait_for("read the tokens again: 2 tokens of 2 names");
    assert_eq!(figures(), [2, 0, 2, 1]);
}

#[test]
fn sighup_ends_no_server() {
    let mut program = Program::start(&["--store", "memory:"], &[]);
    program.signal(Signal::HUP);
    program.wait_for("nothing to read again on SIGHUP, without --tokens");
    assert_eq!(
        crate::support::ask(program.address, "GET", NEXT).status,
        200
    );

    // Nor one that ends.
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let path = file.path();
    let mut program = Program::start(
        &[
            "--store",
            "memory:",
            "--tokens",
            path.to_str().unwrap(),
            "--drain-delay",
            "30s",
        ],
        &[],
    );
    let mut client = Client::connect(program.address);
    program.signal(Signal::TERM);
    program.wait_for("ending on SIGTERM");
    file.write(&[("a", "trk_b", "issue", "")]);
    program.signal(Signal::HUP);
    program.wait_for("read the tokens again");
    assert_eq!(
        client.ask_with("GET", NEXT, &[&bearer("trk_b")]).status,
        200
    );
    assert_eq!(
        client.ask_with("GET", NEXT, &[&bearer("trk_a")]).status,
        401
    );
}

#[test]
fn a_fifo_in_place_of_the_file_is_refused_and_holds_up_no_end() {
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let mut program = program(&file, &[]);
    std::fs::remove_file(file.path()).unwrap();
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        file.path(),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    );
    made.unwrap();
    let said = program.read_stderr();
    let is_said = |text: &str| said.lock().unwrap().contains(text);
    program.signal(Signal::HUP);
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_said("the tokens stay as they were") && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    let mut client = Client::connect(program.address);
    let answer = client.ask_with("GET", NEXT, &[&bearer("trk_a")]);
    assert_eq!(answer.status, 200);
    program.signal(Signal::TERM);
    assert_eq!(program.wait().0.code(), Some(0));
    assert!(is_said("expected a regular file"));
}
