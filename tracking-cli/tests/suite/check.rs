//! `tracking check`.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use tracking_core::{Clock, Serial, SystemClock, Verdict};

use crate::support::{Operator, known_number, known_series};

/// A number with one character changed to another.
fn mistyped(number: &str) -> String {
    let (front, last) = number.split_at(number.len() - 1);
    format!("{front}{}", if last == "A" { "B" } else { "A" })
}

/// The lane of a number of the known series.
fn lane_of(number: &str) -> u8 {
    match known_series().judge(&number.parse().unwrap(), i64::MAX, None) {
        Verdict::Belongs(serial) => serial.lane(),
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn each_number_has_its_verdict() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(1).remove(0);
    let wrong = mistyped(&own);
    let in_an_hour = (SystemClock.now_ms() - Serial::EPOCH_MS) as u64 / Serial::TICK_MS + 360_000;
    let future = known_number(lane_of(&own), in_an_hour, 0).to_string();
    let args = [
        "check",
        &own,
        &wrong,
        "XY0123456789AB",
        "AB1",
        "AB0123456789ABCD",
        "ab",
        "",
        &future,
    ];
    let expected = format!(
        "{own}\tbelongs\t
{wrong}\trefused\tcheck-character
XY0123456789AB\trefused\tprefix
AB1\trefused\tlength
AB0123456789ABCD\trefused\tlength
ab\trefused\tmalformed
\trefused\tmalformed
{future}\trefused\tin-the-future
"
    );
    operator.run(args).assert(1, &expected, "");
    operator
        .run(["check", &own])
        .assert(0, &format!("{own}\tbelongs\t\n"), "");
}

#[test]
fn a_time_before_the_series_is_not_of_it() {
    let operator = Operator::new();
    std::fs::write(operator.path("key"), crate::support::KEY).unwrap();
    let key = operator.path("key");
    let restore = [
        "series",
        "restore",
        "--prefix",
        "AB",
        "--created",
        "2025-06-01T00:00:00Z",
    ];
    let key = ["--key-file", key.to_str().unwrap()];
    assert_eq!(operator.run(restore.into_iter().chain(key)).code, 0);
    let old = known_number(0, 1, 0).to_string();
    operator
        .run(["check", &old])
        .assert(1, &format!("{old}\trefused\tnot-of-this-series\n"), "");
}

#[test]
fn standard_input_is_taken_as_it_comes() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(2);
    let mut input = format!("{}\r\n\n  {}\t\r\n \n", own[0], own[1]).into_bytes();
    input.extend_from_slice(b"A\xff\xfeB\nA\tbelongs\t\n\x1b[31mA\nlast");
    operator.run_with_input(["check"], &input).assert(
        1,
        &format!(
            "{}\tbelongs\t
{}\tbelongs\t
A\\xff\\xfeB\trefused\tmalformed
A\\x09belongs\trefused\tmalformed
\\x1b[31mA\trefused\tmalformed
last\trefused\tmalformed
",
            own[0], own[1]
        ),
        "",
    );
    operator.run_with_input(["check"], b"").assert(0, "", "");
    // As programs on Windows write a text.
    let input = format!("\u{feff}{}\r\n", own[0]);
    let belongs = format!("{}\tbelongs\t\n", own[0]);
    let ran = operator.run_with_input(["check"], input.as_bytes());
    ran.assert(0, &belongs, "");
}

#[test]
fn a_million_lines() {
    let operator = Operator::with_known_series();
    let input = operator.run(["next", "-n", "1000000"]).stdout;
    let ran = operator.run_with_input(["check"], input.as_bytes());
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout
            .lines()
            .zip(input.lines())
            .all(|(line, number)| { line.strip_prefix(number) == Some("\tbelongs\t") })
    );
    assert_eq!(ran.stdout.lines().count(), 1_000_000);
}

#[test]
fn many_lines_of_all_kinds_are_answered_in_their_order() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(1).remove(0);
    let wrong = mistyped(&own);
    let (mut input, mut expected) = (String::new(), String::new());
    for place in 0..30_000 {
        let (line, answer) = match place % 5 {
            0 | 3 => (own.clone(), "belongs\t"),
            1 => (wrong.clone(), "refused\tcheck-character"),
            2 => (format!("no {place}"), "refused\tmalformed"),
            _ => (format!("X{place}"), "refused\tprefix"),
        };
        input += &format!("{line}\n");
        expected += &format!("{line}\t{answer}\n");
    }
    let ran = operator.run_with_input(["check"], input.as_bytes());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout == expected, "another order, or another verdict");
    let ran = operator.run_with_input(["check", "--format", "json"], input.as_bytes());
    let entries: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
    let numbers = entries
        .iter()
        .map(|entry| entry["tracking_number"].as_str().unwrap());
    assert!(numbers.eq(input.lines()), "another order");
}

/// A dialogue: numbers that were issued after the program had started belong, and each line is
/// answered before the next is sent.
#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let operator = Operator::with_known_series();
    let mut child = operator
        .command(["check"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..5 {
        let number = operator.numbers(1).remove(0);
        writeln!(stdin, "{number}").unwrap();
        let answer = answers.next().unwrap().unwrap();
        assert_eq!(answer, format!("{number}\tbelongs\t"));
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The store is gone in the middle: what is certain without it is still answered.
#[test]
fn what_only_the_store_can_tell_is_undecided() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(1).remove(0);
    let mut child = operator
        .command(["check"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ask = |number: &str| {
        writeln!(stdin, "{number}").unwrap();
        answers.next().unwrap().unwrap()
    };
    assert_eq!(ask(&own), format!("{own}\tbelongs\t"));
    let path = operator.path(".local/state/tracking/default.series");
    std::fs::rename(&path, path.with_extension("gone")).unwrap();
    let in_an_hour = (SystemClock.now_ms() - Serial::EPOCH_MS) as u64 / Serial::TICK_MS + 360_000;
    let (lane, wrong) = (lane_of(&own), mistyped(&own));
    let (future, unused) = (
        known_number(lane, in_an_hour, 0).to_string(),
        known_number(lane ^ 1, in_an_hour, 0).to_string(),
    );
    assert_eq!(ask(&own), format!("{own}\tbelongs\t"));
    assert_eq!(ask(&wrong), format!("{wrong}\trefused\tcheck-character"));
    assert_eq!(ask(&future), format!("{future}\tundecided\t"));
    assert_eq!(ask(&unused), format!("{unused}\tundecided\t"));
    std::fs::rename(path.with_extension("gone"), &path).unwrap();
    assert_eq!(ask(&future), format!("{future}\trefused\tin-the-future"));
    drop(stdin);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(
        said.starts_with("error: some numbers are undecided, since only the store can tell: file:"),
        "{said}"
    );
}

#[test]
fn json() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(1).remove(0);
    let wrong = mistyped(&own);
    let first = format!(r#"{{"tracking_number":"{own}","belongs":true,"reason":null}}"#);
    let second =
        format!(r#"{{"tracking_number":"{wrong}","belongs":false,"reason":"check-character"}}"#);
    operator
        .run(["check", "--format", "json", &own, &wrong])
        .assert(1, &format!("[\n{first},\n{second}\n]\n"), "");
    operator
        .run(["check", "--format", "ndjson", &own, &wrong])
        .assert(1, &format!("{first}\n{second}\n"), "");
    let input = format!("{own}\n\u{1}\"\n");
    let third = r#"{"tracking_number":"\u0001\"","belongs":false,"reason":"malformed"}"#;
    operator
        .run_with_input(["check", "--format", "json"], input.as_bytes())
        .assert(1, &format!("[\n{first},\n{third}\n]\n"), "");
    operator
        .run_with_input(["check", "--format", "json"], b"")
        .assert(0, "[]\n", "");
}

#[test]
fn the_shape_needs_no_store() {
    let operator = Operator::new();
    let args = [
        "check",
        "--shape-only",
        "A",
        "0123456789ABCDEF",
        "0123456789ABCDEFG",
        "a",
    ];
    operator.run(args).assert(
        1,
        "A\twell-formed\t
0123456789ABCDEF\twell-formed\t
0123456789ABCDEFG\trefused\tmalformed
a\trefused\tmalformed
",
        "",
    );
    operator
        .run(["check", "--shape-only", "--format", "ndjson", "A"])
        .assert(
            0,
            "{\"tracking_number\":\"A\",\"belongs\":null,\"reason\":null}\n",
            "",
        );
    assert!(!operator.path(".local").exists());
}

#[test]
fn without_a_series_nothing_is_decided() {
    let operator = Operator::new();
    operator
        .run(["check", "AB"])
        .assert(3, "", &crate::support::missing(&operator));
    assert!(!operator.path(".local").exists());
}
