//! Variables: one rule for all of them, but one.

use std::collections::BTreeSet;

use crate::support::{Program, run_to_end};

/// Every variable that the help names.
fn variables() -> BTreeSet<String> {
    let help = String::from_utf8(run_to_end(&["--help"], &[]).stdout).unwrap();
    let words = help.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    let ours = words.filter(|word| word.starts_with("TRACKING_"));
    ours.map(str::to_owned).collect()
}

#[test]
fn an_empty_one_is_unset() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().to_str().unwrap();
    let all: Vec<String> = variables().into_iter().collect();
    assert!(
        all.len() >= 20 && all.iter().any(|v| v == "TRACKING_TOKENS"),
        "{all:?}"
    );
    // One by one where the default address can't be had by all tests at once; then all of them.
    for variable in &all {
        let is_tokens = variable == "TRACKING_TOKENS";
        let variables = [(variable.as_str(), ""), ("XDG_STATE_HOME", state)];
        if is_tokens {
            let output = run_to_end(
                &["--store", "memory:", "--listen", "127.0.0.1:0"],
                &variables,
            );
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{said}");
            let expected = "expected the path of a file, found nothing; leave --tokens and TRACKING_TOKENS out to let everybody in";
            assert!(said.contains(expected), "{said}");
            continue;
        }
        let program = Program::start(&[], &variables);
        let file = format!("store: file:{state}/tracking/default.series");
        assert!(
            program.welcome.contains(&file),
            "{variable}: {:?}",
            program.welcome
        );
        let series = program
            .welcome
            .iter()
            .find(|line| line.starts_with("series: default, "));
        let series = series.expect(variable);
        assert!(!series.contains("prefix \"\""), "{variable}: {series}");
        assert!(
            !program.welcome.iter().any(|line| line.contains("warning")),
            "{:?}",
            program.welcome
        );
    }
    let mut empty: Vec<_> = all.iter().map(|variable| (variable.as_str(), "")).collect();
    empty.push(("COLUMNS", "100"));
    let help = String::from_utf8(run_to_end(&["--help"], &empty).stdout).unwrap();
    assert_eq!(help, include_str!("help.txt"));
}
