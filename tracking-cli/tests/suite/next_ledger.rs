//! `tracking next` with a ledger.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use tracking_ledger::{
    Claim, Fingerprint, IdempotencyKey, KeyState, Ledger, LedgerOptions, open_ledger,
};

use crate::ledgers::{CUSTOMER, find, open, order, url};
use crate::support::{Operator, Ran};

fn aside(operator: &Operator) -> Arc<dyn Ledger> {
    let url = format!("sqlite:{}", operator.path("aside.db").display());
    let opened = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    opened.unwrap().unwrap()
}

fn next<'a>(operator: &Operator, args: impl IntoIterator<Item = &'a str>) -> Ran {
    let mut command = operator.command(["next"].into_iter().chain(args));
    command.env("TRACKING_LEDGER", url(operator));
    command.output().unwrap().into()
}

#[test]
fn each_number_is_recorded_with_its_order_and_reference() {
    let operator = Operator::with_known_series();
    let url = url(&operator);
    let args = [
        "next",
        "-n",
        "3",
        "--weight",
        "1.2",
        "--customer-id",
        CUSTOMER,
        "--customer-name",
        "Red Box",
        "--reference",
        "PO-4711/ä",
        "--ledger",
        &url,
    ];
    let ran = operator.run(args);
    assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 3);
    let ledger = open(&operator);
    for number in ran.stdout.lines() {
        let entry = find(&*ledger, number).unwrap();
        assert_eq!(entry.reference.unwrap().as_str(), "PO-4711/ä");
        assert_eq!(entry.order.weight().unwrap().grams(), 1_200);
        assert_eq!(entry.order.customer_name().unwrap().as_str(), "Red Box");
        assert_eq!((entry.token, entry.request_id), (None, None));
    }
    let ran = operator.run(args.into_iter().chain(["--ledger-without-names"]));
    let entry = find(&*ledger, ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(entry.order.customer_name(), None);
    assert!(entry.order.customer_id().is_some());
}

#[test]
fn more_than_a_page_is_recorded() {
    let operator = Operator::with_known_series();
    let ran = next(&operator, ["-n", "66000"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let numbers: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(numbers.len(), 66_000);
    let ledger = open(&operator);
    for number in numbers.iter().step_by(999).chain(numbers.last()) {
        assert!(find(&*ledger, number).is_some(), "{number}");
    }
}

#[test]
fn a_key_prints_the_same_again_and_says_so() {
    let operator = Operator::with_known_series();
    let keyed = |more: &[&'static str]| {
        let two = ["-n", "2", "--format", "ndjson", "--weight", "1.2"];
        let args = [&two[..], &["--idempotency-key", "\"a key\""], more].concat();
        next(&operator, args)
    };
    let first = keyed(&[]);
    assert_eq!((first.code, &*first.stderr), (0, ""), "{first:?}");
    assert_eq!(first.stdout.lines().count(), 2);
    let at = first.stdout.split('"').nth(7).unwrap();
    let note =
        format!("note: the idempotency key was used before: the same again, as issued at {at}\n");
    for _ in 0..2 {
        keyed(&[]).assert(0, &first.stdout, &note);
    }
    // The same weight, written otherwise; and another zone, which is no part of the order.
    let zone = keyed(&["--timezone", "Asia/Kuala_Lumpur"]);
    assert_eq!((zone.code, &*zone.stderr), (0, &*note));
    assert_eq!(zone.stdout[..40], first.stdout[..40]);
    let reused = "error: the idempotency key was used for another request: expected the same order, count and reference; take a new --idempotency-key for a new request\n";
    keyed(&["--customer-slug", "a"]).assert(2, "", reused);
    keyed(&["--reference", "a"]).assert(2, "", reused);
    next(&operator, ["--idempotency-key", "\"a key\""]).assert(2, "", reused);
    // A key is taken as it is: these are others.
    for key in ["a key", "\"A key\"", "\"a key\" "] {
        let ran = next(&operator, ["--idempotency-key", key]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{key}");
        assert!(!first.stdout.contains(ran.stdout.trim_end()), "{key}");
    }
    // The server asks for the same by the same name.
    let order = order(&[("weight", "1.200")]);
    let claim = Claim {
        scope: None,
        key: IdempotencyKey::bare("\"a key\"").unwrap(),
        fingerprint: Fingerprint::of("tracking-numbers", 2, &order, None),
    };
    let replayed = open(&operator).replay(&claim).unwrap();
    let KeyState::Replayed(replay) = replayed else {
        panic!("{replayed:?}");
    };
    let numbers: Vec<_> = replay
        .numbers
        .iter()
        .map(|number| number.as_str())
        .collect();
    assert!(first.stdout.contains(numbers[0]) && first.stdout.contains(numbers[1]));
    let most = next(&operator, ["-n", "1000", "--idempotency-key", "most"]);
    assert_eq!(most.stdout.lines().count(), 1_000);
    let again = next(&operator, ["-n", "1000", "--idempotency-key", "most"]);
    assert_eq!(again.stdout, most.stdout);
}

#[test]
fn a_key_is_new_again_when_its_time_is_over() {
    let operator = Operator::with_known_series();
    let args = ["--idempotency-key", "a", "--idempotency-ttl", "1s"];
    let first = next(&operator, args);
    let start = Instant::now();
    let mut again = next(&operator, args);
    assert_eq!(again.stdout, first.stdout);
    while again.stdout == first.stdout {
        assert!(start.elapsed().as_secs() < 20, "{again:?}");
        again = next(&operator, args);
    }
    assert_eq!((again.code, &*again.stderr), (0, ""));
}

#[test]
fn what_would_not_be_recorded_is_refused() {
    let operator = Operator::new();
    for (args, message) in [
        (
            &["--idempotency-key", "a"][..],
            "--idempotency-key needs a ledger, which remembers the key: name one with --ledger or TRACKING_LEDGER",
        ),
        (
            &["--reference", "a", "--ledger", "none"],
            "--reference needs a ledger, which records it: name one with --ledger or TRACKING_LEDGER",
        ),
        (
            &[
                "--idempotency-key",
                "a",
                "-n",
                "1001",
                "--ledger",
                "sqlite:x",
            ],
            "expected 1 to 1000 numbers with --idempotency-key, found 1001",
        ),
        (
            &["--idempotency-key", "a", "-n", "0", "--ledger", "sqlite:x"],
            "expected 1 to 1000 numbers with --idempotency-key, found 0",
        ),
        (
            &["--ledger", "postgres://h/d"],
            "expected a ledger such as sqlite:PATH, mysql://USER@HOST/DB or none, found \"postgres\"",
        ),
        (
            &["--ledger", "mysql://u:secret@h/d"],
            "the ledger's URL holds a password, and every user of this host can read a command line; put it in the variable TRACKING_LEDGER instead",
        ),
    ] {
        let ran = operator.run(["next"].into_iter().chain(args.iter().copied()));
        ran.assert(2, "", &format!("error: {message}\n"));
    }
    for (option, value) in [("--idempotency-key", ""), ("--reference", "a\nb")] {
        let ran = next(&operator, [option, value]);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains("expected"), "{ran:?}");
    }
    assert!(!operator.path(".local").exists(), "nothing was made");
}

#[test]
fn without_its_ledger_nothing_is_issued() {
    let operator = Operator::new();
    std::fs::create_dir(operator.path("ledger.db")).unwrap();
    for args in [&["-n", "2"][..], &["--idempotency-key", "a"]] {
        let ran = next(&operator, args.iter().copied());
        assert_eq!((ran.code, &*ran.stdout), (3, ""), "{ran:?}");
        let start = format!("error: the ledger {} cannot be used: ", url(&operator));
        assert!(ran.stderr.starts_with(&start), "{ran:?}");
    }
    assert!(!operator.path(".local").exists(), "nothing was made");
    // None are none, wherever.
    next(&operator, ["-n", "0"]).assert(0, "", "");
}

/// Start an endless run, do something once it has printed, and give how it ended.
fn interrupted(operator: &Operator, interrupt: impl FnOnce(Pid)) -> Ran {
    let mut command = operator.command(["next", "-n", "100000000000"]);
    command.env("TRACKING_LEDGER", url(operator));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    reader.read_line(&mut text).unwrap();
    interrupt(Pid::from_child(&child));
    reader.read_to_string(&mut text).unwrap();
    let mut ran = Ran::from(child.wait_with_output().unwrap());
    ran.stdout = text;
    ran
}

fn assert_recorded(printed: &str, ledger: &dyn Ledger) {
    assert!(printed.ends_with('\n'));
    for number in printed.lines().rev().take(3_000) {
        assert!(find(ledger, number).is_some(), "{number}");
    }
}

#[test]
fn when_the_ledger_goes_nothing_is_printed_that_is_not_recorded() {
    let operator = Operator::with_known_series();
    let ran = interrupted(&operator, |_| {
        let aside = operator.path("aside.db");
        std::fs::rename(operator.path("ledger.db"), aside).unwrap();
        std::fs::rename(
            operator.path("ledger.db-wal"),
            operator.path("aside.db-wal"),
        )
        .unwrap();
    });
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let printed = ran.stdout.lines().count();
    let start = format!("error: the ledger {} cannot be used now: ", url(&operator));
    let end = format!(" (after {printed} of 100000000000 numbers)\n");
    assert!(
        ran.stderr.starts_with(&start) && ran.stderr.ends_with(&end),
        "{}",
        ran.stderr
    );
    assert_recorded(&ran.stdout, &*aside(&operator));
}

#[test]
fn a_signal_ends_it_with_a_whole_page_that_is_recorded() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let operator = Operator::with_known_series();
        let ran = interrupted(&operator, |child| kill_process(child, signal).unwrap());
        assert_eq!((ran.code, &*ran.stderr), (code, ""));
        assert_recorded(&ran.stdout, &*open(&operator));
    }
}
