//! RELIABILITY.md and what the provers printed say nothing that is not so: the README's promise, and tests that are
//! there and passed.

use std::path::Path;

const RELIABILITY: &str = include_str!("../../../RELIABILITY.md");
const README: &str = include_str!("../../../README.md");
const PROVED: &str = include_str!("../../../docs/proved.md");

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

/// What stands in backticks and is named as a test is.
fn names(page: &str) -> impl Iterator<Item = &str> {
    let code = page.split('`').skip(1).step_by(2);
    // Behind its file and its modules.
    let last = code.filter_map(|code| code.rsplit([' ', ':']).next());
    last.filter(|name| {
        let letters = name
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
        letters && name.matches('_').count() > 1
    })
}

#[test]
fn what_the_provers_printed_is_that_all_passed() {
    let rows = PROVED.lines().filter(|line| line.starts_with("| `"));
    let results: Vec<_> = rows
        .filter_map(|row| row.split(" | ").nth(1))
        .filter(|result| {
            result
                .chars()
                .all(|letter| letter.is_alphabetic() || letter == ' ')
        })
        .collect();
    assert!(results.len() > 100, "{results:?}");
    for result in &results {
        assert!(["ok", "caught"].contains(result), "{result}");
    }
}

#[test]
fn the_tests_that_they_name_exist() {
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
    // What a mutant's row names chooses tests by how their names begin.
    for (page, least, end) in [(RELIABILITY, 40, "()"), (PROVED, 100, "")] {
        let names: Vec<_> = names(page).collect();
        assert!(names.len() > least, "{names:?}");
        for name in names {
            let function = format!("fn {name}{end}");
            assert!(all.contains(&function), "there is no test {name}");
        }
    }
}
