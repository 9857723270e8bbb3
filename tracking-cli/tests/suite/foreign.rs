//! What somebody else wrote reaches no terminal as it is.

use std::os::unix::ffi::OsStrExt;

use tracking_core::shown::steers;

use crate::ledgers::url;
use crate::support::{Operator, Ran};

/// A character of each kind that a terminal obeys, or that turns text around; and a byte that is one in
/// a terminal that reads no UTF-8.
const FOREIGN: [&[u8]; 12] = [
    b"\x1b",
    b"\n",
    b"\r",
    b"\x08",
    b"\x7f",
    "\u{9b}".as_bytes(),
    b"\x9b",
    "\u{2028}".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{2066}".as_bytes(),
    "\u{200f}".as_bytes(),
    "\u{61c}".as_bytes(),
];

#[track_caller]
fn assert_harmless(ran: &Ran, foreign: &[u8], what: &[&str]) {
    // A new line, and a byte that is no text, show by what stands round them.
    let around = [b"a", foreign, b"[31m"].concat();
    for text in [&ran.stdout, &ran.stderr] {
        let found = text
            .as_bytes()
            .windows(around.len())
            .any(|part| part == around);
        assert!(!found, "{what:?}: {ran:?}");
    }
    for text in [&ran.stdout, &ran.stderr] {
        let found = text.chars().find(|c| steers(*c) && !"\n\t".contains(*c));
        assert_eq!(found, None, "{what:?}: {ran:?}");
    }
}

#[test]
fn whatever_is_given_anywhere() {
    let operator = Operator::with_known_series();
    let lines = |ran: &Ran| ran.stderr.lines().count();
    for foreign in FOREIGN {
        let text = [b"a", foreign, b"[31mb"].concat();
        let text = std::ffi::OsStr::from_bytes(&text);
        for args in [
            &["next", "--store"][..],
            &["next", "--series"],
            &["next", "--prefix"],
            &["next", "--key-file"],
            &["next", "--timezone"],
            &["next", "--format"],
            &["next", "-n"],
            &["next", "--weight"],
            &["next", "--customer-name"],
            &["next", "--format", "json", "--customer-name"],
            &["next", "--created-at"],
            &["next", "--origin-country-id"],
            &["next", "--customer-id"],
            &["next", "--customer-slug"],
            &["next", "--ledger"],
            &["next", "--reference"],
            &["next", "--idempotency-key"],
            &["check"],
            &["check", "--format", "json"],
            &["check", "--format", "ndjson"],
            &["inspect"],
            &["inspect", "--format", "json"],
            &["series", "show"],
            &["series", "restore", "--created"],
            &["ledger", "show"],
            &["ledger", "import", "--from-csv"],
            &["ledger", "import", "--ledger", "sqlite:x", "--from-csv"],
            &["ledger", "import", "--ledger", "sqlite:x", "--from-django"],
            &["ledger", "list", "--ledger"],
            &["ledger", "list", "--cursor"],
            &["ledger", "list", "--token"],
            &["ledger", "list", "--from"],
            &["ledger", "erase", "--customer-id"],
            &["ledger", "prune", "--before"],
            &["token", "new", "--name"],
            &["token", "new", "--scope"],
            &["token", "new", "--expires"],
            &["token", "new", "--name", "x", "--scope", "issue", "--file"],
            &[],
            &["series"],
        ] {
            let mut command = operator.command(args.iter().copied());
            // A file that is written lies in the operator's home.
            command.current_dir(operator.path(""));
            let ran = Ran::from(command.arg(text).output().unwrap());
            assert_harmless(&ran, foreign, args);
            // What is wrong is told, and what clap adds; no line is made up.
            assert!(lines(&ran) <= 9, "{args:?}: {ran:?}");
        }
        for scheme in [
            "file:",
            "redis://",
            "redis+unix:/",
            "redis+sentinel://h/",
            "x",
        ] {
            let store = [scheme.as_bytes(), text.as_bytes()].concat();
            for args in [["series", "create"], ["series", "show"]] {
                let mut command = operator.command(args);
                command.current_dir(operator.path("")).arg("--store");
                command.arg(std::ffi::OsStr::from_bytes(&store));
                let ran = Ran::from(command.output().unwrap());
                assert_harmless(&ran, foreign, &[scheme, args[1]]);
            }
        }
        let mut option = b"--x".to_vec();
        option.extend(foreign);
        let mut command = operator.command(["next"]);
        let ran = Ran::from(
            command
                .arg(std::ffi::OsStr::from_bytes(&option))
                .output()
                .unwrap(),
        );
        assert_harmless(&ran, foreign, &["--x"]);
    }
}

#[test]
fn whatever_is_read() {
    let operator = Operator::with_known_series();
    let url = url(&operator);
    for foreign in FOREIGN {
        let input = [b"a", foreign, b"[31mb\n"].concat();
        for format in ["text", "json", "ndjson"] {
            let ran = operator.run_with_input(["check", "--format", format], &input);
            assert_harmless(&ran, foreign, &[format]);
        }
        for line in [
            &b""[..],
            b"tracking_number,created_at\n",
            b"tracking_number,created_at\nA,",
        ] {
            let import = ["ledger", "import", "--ledger", &url, "--from-csv", "-"];
            let ran = operator.run_with_input(import, &[line, &input].concat());
            assert_eq!(ran.code, 3, "{ran:?}");
            assert_harmless(&ran, foreign, &["import"]);
        }
        for file in [
            [b"key ", foreign, b"\n"].concat(),
            [b"name a\nfingerprint ", foreign, b"\nkey x\n"].concat(),
            [
                b"prefix a",
                foreign,
                b"\nkey 000102030405060708090a0b0c0d0e0f\n",
            ]
            .concat(),
            [
                b"created at ",
                foreign,
                b"\nkey 000102030405060708090a0b0c0d0e0f\n",
            ]
            .concat(),
        ] {
            std::fs::write(operator.path("file"), file).unwrap();
            let path = operator.path("file");
            let ran = operator.run(["series", "show", "--key-file", path.to_str().unwrap()]);
            assert_harmless(&ran, foreign, &["--key-file"]);
        }
    }
}
