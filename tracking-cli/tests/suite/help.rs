//! `--help`, `--version` and wrong usage, to the letter.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Operator, Ran};

#[test]
fn help_is_exact() {
    for (command, expected) in [
        ("", include_str!("help/tracking.txt")),
        ("next", include_str!("help/next.txt")),
        ("audit", include_str!("help/audit.txt")),
        ("check", include_str!("help/check.txt")),
        ("inspect", include_str!("help/inspect.txt")),
        ("ledger", include_str!("help/ledger.txt")),
        ("ledger show", include_str!("help/ledger-show.txt")),
        ("ledger list", include_str!("help/ledger-list.txt")),
        ("ledger export", include_str!("help/ledger-export.txt")),
        ("ledger erase", include_str!("help/ledger-erase.txt")),
        ("ledger prune", include_str!("help/ledger-prune.txt")),
        ("ledger import", include_str!("help/ledger-import.txt")),
        ("series", include_str!("help/series.txt")),
        ("series list", include_str!("help/series-list.txt")),
        ("series show", include_str!("help/series-show.txt")),
        ("series create", include_str!("help/series-create.txt")),
        ("series restore", include_str!("help/series-restore.txt")),
        ("series export", include_str!("help/series-export.txt")),
        ("series import", include_str!("help/series-import.txt")),
        ("series reopen", include_str!("help/series-reopen.txt")),
        ("token", include_str!("help/token.txt")),
        ("token new", include_str!("help/token-new.txt")),
        ("token check", include_str!("help/token-check.txt")),
        ("completions", include_str!("help/completions.txt")),
        ("man", include_str!("help/man.txt")),
    ] {
        let args = command.split_whitespace().chain(["--help"]);
        Operator::new().run(args).assert(0, expected, "");
    }
}

#[test]
fn without_a_command_there_is_help() {
    let help = include_str!("help/short.txt");
    Operator::new().run([]).assert(2, "", help);
    Operator::new().run(["-h"]).assert(0, help, "");
}

#[test]
fn version() {
    let version = concat!("tracking ", env!("CARGO_PKG_VERSION"), "\n");
    Operator::new().run(["--version"]).assert(0, version, "");
}

#[test]
fn wrong_usage() {
    for (args, message) in [
        (
            &["next", "--fromat", "csv"][..],
            "error: unexpected argument '--fromat' found

  tip: a similar argument exists: '--format'

Usage: tracking next --format <FORMAT>

For more information, try '--help'.
",
        ),
        (
            &["next", "--format", "jsn"],
            "error: invalid value 'jsn' for '--format <FORMAT>'
  [possible values: text, json, ndjson, csv]

  tip: a similar value exists: 'json'

For more information, try '--help'.
",
        ),
        (
            &["nxet"],
            "error: unrecognized subcommand 'nxet'

  tip: a similar subcommand exists: 'next'

Usage: tracking [OPTIONS] <COMMAND>

For more information, try '--help'.
",
        ),
        (
            &["next", "-n", "-1"],
            "error: unexpected argument '-1' found

Usage: tracking next [OPTIONS]

For more information, try '--help'.
",
        ),
        (
            &["next", "-n", "1.5"],
            "error: invalid value '1.5' for '--count <N>': expected a whole number from 0 to 18446744073709551615

For more information, try '--help'.
",
        ),
        (
            &["series", "show", "eu", "--series", "us"],
            "error: expected the name of one series, found NAME and --series

Usage: tracking series show [OPTIONS] [NAME]

For more information, try '--help'.
",
        ),
        (
            &["--store", "memory:", "man"],
            "error: --store is of no use to `tracking man`: leave it out

Usage: tracking man [OPTIONS]

For more information, try '--help'.
",
        ),
        (
            &["next", "--timezone", "berlin"],
            r#"error: invalid value 'berlin' for '--timezone <ZONE>': "berlin" is not an IANA time zone: did you mean `Europe/Berlin`?

For more information, try '--help'.
"#,
        ),
        (
            &["next", "--series", "Bad"],
            r#"error: invalid value 'Bad' for '--series <NAME>': expected a series name of 1 to 64 characters of a-z, 0-9 and -, found "Bad"

For more information, try '--help'.
"#,
        ),
        (
            &["next", "--store", "ftp:x"],
            "error: expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found \"ftp\"\n",
        ),
        (
            &[
                "next",
                "--weight",
                "-1",
                "--origin-country-id",
                "UK",
                "--customer-slug",
                "Red Box",
            ],
            include_str!("help/wrong-order.txt"),
        ),
        (
            &["series", "restore"],
            "error: expected --key-file and --prefix of the series that was lost: `(umask 077; tracking series show --reveal-key > backup.txt)` keeps both while it is there\n",
        ),
    ] {
        let operator = Operator::new();
        operator.run(args.iter().copied()).assert(2, "", message);
        assert!(!operator.path(".local").exists(), "nothing was made");
    }
}

#[test]
fn what_is_no_utf8_is_named_and_not_repeated() {
    let bytes = OsStr::from_bytes(b"secret\xff");
    let message = |places| {
        format!(
            "error: expected text in UTF-8, found other bytes in {places}

Usage: tracking [OPTIONS] <COMMAND>

For more information, try '--help'.
"
        )
    };
    for option in ["--series", "--store", "--prefix"] {
        let mut command = Operator::new().command(["next", option]);
        let ran = Ran::from(command.arg(bytes).output().unwrap());
        ran.assert(2, "", &message("argument 3"));
    }
    let mut command = Operator::new().command(["next"]);
    command.env("TRACKING_STORE", bytes);
    let ran = Ran::from(command.output().unwrap());
    ran.assert(2, "", &message("TRACKING_STORE"));
}

#[test]
fn an_option_given_twice_is_wrong() {
    let ran = Operator::new().run(["next", "--weight", "1", "--weight", "2"]);
    let message = "error: --weight: is given more than once: expected one value\n";
    ran.assert(2, "", message);
}

#[test]
fn without_a_home_the_store_must_be_named() {
    let mut command = Operator::new().command(["next"]);
    let ran = Ran::from(command.env_remove("HOME").output().unwrap());
    ran.assert(
        3,
        "",
        "error: neither XDG_STATE_HOME nor HOME names a folder, so there is no default store; name one with --store file:PATH\n",
    );
}
