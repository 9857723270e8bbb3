//! `tracking next`.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use tracking_core::{Opening, SeriesOptions, open_store};

use crate::support::{Operator, Ran};

/// Every field of an order, and how they are answered.
const ORDER: [&str; 14] = [
    "--origin-country-id",
    "my",
    "--destination-country-id",
    "ID",
    "--weight",
    "1.2",
    "--created-at",
    "2018-11-20T19:29:32+08:00",
    "--customer-id",
    "DE619854-b59b-425e-9db4-943979e1bd49",
    "--customer-name",
    "Red, \"Box\"",
    "--customer-slug",
    "redbox-logistics",
];
const ORDER_JSON: &str = r#""origin_country_id":"MY","destination_country_id":"ID","weight":1.200,"customer_id":"de619854-b59b-425e-9db4-943979e1bd49","customer_name":"Red, \"Box\"","customer_slug":"redbox-logistics"}"#;
const NO_ORDER_JSON: &str = r#""origin_country_id":null,"destination_country_id":null,"weight":null,"customer_id":null,"customer_name":null,"customer_slug":null}"#;
const CSV_HEADER: &str = "tracking_number,created_at,origin_country_id,destination_country_id,weight,customer_id,customer_name,customer_slug";

fn next<'a>(operator: &Operator, args: impl IntoIterator<Item = &'a str>) -> Ran {
    operator.run(["next"].into_iter().chain(args))
}

/// What stands between the number and the order of a record, when it begins with a number of the
/// known series.
#[track_caller]
fn created_at<'a>(record: &'a str, before: &str, between: &str, after: &str) -> &'a str {
    let rest = record.strip_prefix(before).expect(record);
    let (number, rest) = rest.split_at(15);
    assert!(number.starts_with("AB"), "{record}");
    rest.strip_prefix(between)
        .and_then(|rest| rest.strip_suffix(after))
        .expect(record)
}

#[test]
fn the_first_run_makes_the_series_and_says_so() {
    let operator = Operator::new();
    let ran = next(&operator, []);
    let number = ran.stdout.trim_end();
    assert_eq!((ran.code, number.len()), (0, 16), "{ran:?}");
    let before = format!(
        "note: created the series `default` in {}, with prefix {:?} and fingerprint ",
        operator.store(),
        &number[..3],
    );
    let after = "; it is this store's alone, so never copy it to a second place\n";
    let fingerprint = ran.stderr.strip_prefix(&before).expect(&ran.stderr);
    assert_eq!(fingerprint.strip_suffix(after).map(str::len), Some(16));

    let again = next(&operator, []);
    assert_eq!((again.code, &*again.stderr), (0, ""));
    assert_eq!(again.stdout[..3], ran.stdout[..3]);
    assert_ne!(again.stdout, ran.stdout);
}

#[test]
fn of_six_first_runs_at_once_one_says_that_it_made_the_series() {
    for _ in 0..5 {
        let operator = Operator::new();
        let start = || {
            let mut command = operator.command(["next"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let children = [(); 6].map(|()| start());
        let ran = children.map(|child| Ran::from(child.wait_with_output().unwrap()));
        assert!(ran.iter().all(|ran| ran.code == 0), "{ran:?}");
        let said = ran
            .iter()
            .filter(|ran| ran.stderr.contains("created the series"));
        assert_eq!(said.count(), 1, "{ran:?}");
        let numbers: HashSet<_> = ran.iter().map(|ran| &ran.stdout).collect();
        let prefixes: HashSet<_> = ran.iter().map(|ran| &ran.stdout[..3]).collect();
        assert_eq!((numbers.len(), prefixes.len()), (6, 1));
    }
}

#[test]
fn text() {
    let operator = Operator::with_known_series();
    for count in [1, 2, 70_000] {
        let numbers = operator.numbers(count);
        assert!(numbers.iter().all(|n| n.len() == 15 && n.starts_with("AB")));
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), count);
    }
}

#[test]
fn json() {
    let operator = Operator::with_known_series();
    let ran = next(
        &operator,
        ["-n", "3", "--format", "json"].into_iter().chain(ORDER),
    );
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[4]), (5, "[", "]"));
    for (line, comma) in lines[1..4].iter().zip([",", ",", ""]) {
        let after = format!("\",{ORDER_JSON}{comma}");
        let at = created_at(
            line,
            r#"{"tracking_number":""#,
            r#"","created_at":""#,
            &after,
        );
        assert!(at.len() == 29 && at.ends_with("+08:00"), "{at}");
    }
    assert!(ran.stdout.ends_with("]\n"));
    assert_eq!(lines[1].find(ORDER_JSON), lines[3].find(ORDER_JSON));
}

#[test]
fn ndjson() {
    let operator = Operator::with_known_series();
    let ran = next(&operator, ["-n", "2", "--format", "ndjson"]);
    assert_eq!(ran.stdout.lines().count(), 2);
    for line in ran.stdout.lines() {
        let after = format!("\",{NO_ORDER_JSON}");
        let at = created_at(
            line,
            r#"{"tracking_number":""#,
            r#"","created_at":""#,
            &after,
        );
        assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
    }
}

#[test]
fn csv() {
    let operator = Operator::with_known_series();
    let zone = ["--timezone", "Asia/Kuala_Lumpur"];
    let args = [
        "-n",
        "2",
        "--format",
        "csv",
        "--customer-name",
        "Red, \"Box\"",
    ];
    let ran = next(&operator, args.into_iter().chain(zone));
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, CSV_HEADER));
    for line in &lines[1..] {
        let at = created_at(line, "", ",", r#",,,,,"Red, ""Box""","#);
        assert!(at.len() == 29 && at.ends_with("+08:00"), "{at}");
    }
}

#[test]
fn no_number_reserves_nothing() {
    for (format, output) in [
        ("text", ""),
        ("json", "[]\n"),
        ("ndjson", ""),
        ("csv", &*format!("{CSV_HEADER}\n")),
    ] {
        let operator = Operator::new();
        next(&operator, ["-n", "0", "--format", format]).assert(0, output, "");
        assert!(!operator.path(".local").exists());
    }
}

#[test]
fn one_number_reserves_one_serial() {
    let operator = Operator::with_known_series();
    let mut options = SeriesOptions::default();
    options.opening = Opening::Existing;
    let store = open_store(&operator.store().parse().unwrap(), &options).unwrap();
    // The last tick and the slots of it that are used.
    let used = || {
        let timeline = store.snapshot().unwrap().timeline;
        timeline.map_or((0, 0), |t| (t.last_tick(t.lane()), t.slot()))
    };
    for count in [1, 7, 1, 100_000, 1, 1] {
        let before = used();
        operator.numbers(count);
        let after = used();
        let of_same_tick = if before.0 == after.0 { before.1 } else { 0 };
        assert_eq!((after.1 - of_same_tick) as usize, count);
    }
}

#[test]
fn two_processes_at_once_give_no_number_twice() {
    let operator = Operator::with_known_series();
    let numbers: Vec<String> = std::thread::scope(|scope| {
        let threads = [(); 4].map(|()| {
            scope.spawn(|| {
                let mut numbers = operator.numbers(300_000);
                numbers.extend((0..20).flat_map(|_| operator.numbers(7)));
                numbers
            })
        });
        threads.map(|thread| thread.join().unwrap()).concat()
    });
    assert_eq!(numbers.len(), 4 * 300_140);
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let operator = Operator::with_known_series();
    for format in ["text", "json", "ndjson", "csv"] {
        let mut child = operator
            .command(["next", "-n", "1000000", "--format", format])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'));
        drop(reader);
        Ran::from(child.wait_with_output().unwrap()).assert(0, "", "");
    }
}

#[test]
fn every_wrong_field_is_told_and_nothing_reserved() {
    let operator = Operator::with_known_series();
    let before = operator.run(["series", "show"]).stdout;
    let ran = next(
        &operator,
        [
            "-n",
            "5",
            "--weight",
            "0",
            "--customer-id",
            "1",
            "--origin-country-id",
            "XX",
        ],
    );
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    let options: Vec<_> = ran
        .stderr
        .lines()
        .map(|line| {
            line.strip_prefix("error: ")
                .unwrap()
                .split_once(": ")
                .unwrap()
                .0
        })
        .collect();
    assert_eq!(
        options,
        ["--origin-country-id", "--weight", "--customer-id"]
    );
    assert_eq!(operator.run(["series", "show"]).stdout, before);
}

#[test]
fn a_store_that_fails_is_told() {
    let operator = Operator::with_known_series();
    let path = operator.path(".local/state/tracking/default.series");
    std::fs::write(&path, "nonsense").unwrap();
    let ran = next(&operator, ["--format", "json"]);
    assert_eq!((ran.code, &*ran.stdout), (3, ""));
    let message = format!("error: {}: ", operator.store());
    assert!(ran.stderr.starts_with(&message), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn another_prefix_is_refused() {
    let operator = Operator::with_known_series();
    next(&operator, ["--prefix", "XY"]).assert(
        3,
        "",
        &format!(
            "error: {}: expected the prefix \"XY\", found \"AB\"; a series' prefix never changes, so leave --prefix and TRACKING_PREFIX out, or name another series\n",
            operator.store()
        ),
    );
}
