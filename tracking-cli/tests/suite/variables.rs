//! Variables: one rule for all of them.

use std::collections::BTreeSet;

use crate::support::{Operator, Ran};

/// Every variable that the help of any command names.
fn variables() -> BTreeSet<String> {
    let operator = Operator::new();
    let mut found = BTreeSet::new();
    for command in [
        "",
        "next",
        "audit",
        "check",
        "inspect",
        "series show",
        "series create",
        "series restore",
        "ledger list",
        "ledger import",
        "token new",
        "token check",
    ] {
        let help = operator.run(command.split_whitespace().chain(["--help"]));
        let words = help
            .stdout
            .split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
        found.extend(
            words
                .filter(|word| word.starts_with("TRACKING_"))
                .map(str::to_owned),
        );
    }
    found
}

#[test]
fn an_empty_one_is_unset() {
    let variables = variables();
    assert!(variables.len() >= 7, "{variables:?}");
    for variable in &variables {
        let operator = Operator::new();
        let mut command = operator.command(["next", "--format", "csv"]);
        let ran = Ran::from(command.env(variable, "").output().unwrap());
        assert_eq!(ran.code, 0, "{variable}: {ran:?}");
        let record = ran.stdout.lines().nth(1).unwrap();
        // A prefix of three characters, the time in UTC.
        let (number, rest) = record.split_once(',').unwrap();
        assert_eq!(number.len(), 16, "{variable}: {record}");
        assert!(
            rest.starts_with("20") && rest.contains("Z,"),
            "{variable}: {record}"
        );
        let file = operator.path(".local/state/tracking/default.series");
        assert!(file.exists(), "{variable}");
    }
    let operator = Operator::new();
    let mut command = operator.command(["next", "--help"]);
    let help = Ran::from(
        command
            .envs(variables.iter().map(|v| (v, "")))
            .output()
            .unwrap(),
    );
    help.assert(0, include_str!("help/next.txt"), "");
}

#[test]
fn an_empty_option_is_none() {
    let operator = Operator::new();
    let ran = operator.run(["next", "--prefix", ""]);
    assert_eq!((ran.code, ran.stdout.len()), (0, 14), "{ran:?}");
    for option in ["--store", "--series", "--key-file", "--timezone"] {
        let ran = operator.run(["next", option, ""]);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{option}: {ran:?}");
    }
}
