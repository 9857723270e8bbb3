//! RELIABILITY.md says nothing that is not so: it has the README's promise, and its tests are there.

use std::path::Path;

const RELIABILITY: &str = include_str!("../../../RELIABILITY.md");
const README: &str = include_str!("../../../README.md");

/// The promise, as one line.
fn promise(page: &str) -> String {
    let begin = page.find("*Within one series").unwrap();
    let length = page[begin..].find("otherwise).*").unwrap();
    let words = page[begin..begin + length].split_whitespace();
    let words: Vec<_> = words.filter(|word| *word != ">").collect();
    words.join(" ")
}

#[test]
fn it_has_the_promise_of_the_readme() {
    assert_eq!(promise(RELIABILITY), promise(README));
}

/// All sources of tests below a folder.
fn sources(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_tests_that_it_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = String::new();
    for package in [
        "tracking-core",
        "tracking-ledger",
        "tracking-http",
        "tracking-cli",
        "proofs",
    ] {
        for part in ["src", "tests"] {
            sources(&root.join(package).join(part), &mut all);
        }
    }
    // The odd parts are those in backticks.
    let code = RELIABILITY.split('`').skip(1).step_by(2);
    let is_name = |code: &&str| {
        let letters = code
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
        letters && code.matches('_').count() > 1
    };
    let names: Vec<_> = code.filter(is_name).collect();
    assert!(names.len() > 40, "{names:?}");
    for name in names {
        assert!(
            all.contains(&format!("fn {name}()")),
            "there is no test {name}"
        );
    }
}
