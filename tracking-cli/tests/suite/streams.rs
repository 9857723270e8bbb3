//! Results that cannot be written, input that cannot be read, and messages that nobody reads.

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use crate::support::{Operator, Ran, known_number};

const NO_SPACE: &str =
    "error: cannot write to standard output: No space left on device (os error 28)\n";

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Whatever a command prints.
fn commands() -> Vec<Vec<&'static str>> {
    [
        "next",
        "next -n 1000000 --format json",
        "next -n 0 --format json",
        "check AB --shape-only",
        "inspect AB",
        "series show",
        "series show --format json",
        "token new --name a --scope issue",
        "--help",
        "-h",
        "--version",
        "help next",
        "next --help",
        "series help",
        "token new -h",
    ]
    .map(|command| command.split_whitespace().collect())
    .into()
}

#[test]
fn a_full_disk_is_told() {
    let operator = Operator::with_known_series();
    for args in commands() {
        let mut command = operator.command(args.iter().copied());
        let ran = Ran::from(command.stdout(full()).output().unwrap());
        assert_eq!((ran.code, &*ran.stderr), (3, NO_SPACE), "{args:?}");
    }
}

#[test]
fn an_output_that_takes_nothing_is_told() {
    let operator = Operator::with_known_series();
    for args in commands() {
        let closed = File::open("/dev/null").unwrap();
        let mut command = operator.command(args.iter().copied());
        let ran = Ran::from(command.stdout(closed).output().unwrap());
        let message = "error: cannot write to standard output: Bad file descriptor (os error 9)\n";
        assert_eq!((ran.code, &*ran.stderr), (3, message), "{args:?}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let operator = Operator::with_known_series();
    for args in commands() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = operator.command(args.iter().copied());
        let ran = Ran::from(command.stdout(writer).output().unwrap());
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{args:?}");
    }
}

#[test]
fn what_becomes_of_messages_decides_nothing() {
    let wrong = known_number(0, 1, 0).to_string();
    for (args, code) in [
        (&["next"][..], 0),
        (&["next", "--weight", "x"], 2),
        (&["nxet"], 2),
        (&["series", "create"], 0),
        (&["token", "new", "--name", "a", "--scope", "issue"], 0),
        (&["check", &wrong], 3),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = File::open("/dev/null").unwrap();
        for stderr in [Stdio::from(full()), writer.into(), closed.into()] {
            let operator = Operator::new();
            let mut command = operator.command(args.iter().copied());
            let status = command.stdout(Stdio::null()).stderr(stderr).status();
            assert_eq!(status.unwrap().code(), Some(code), "{args:?}");
        }
    }
}

#[test]
fn input_that_cannot_be_read_is_told() {
    let operator = Operator::with_known_series();
    let closed = OpenOptions::new().write(true).open("/dev/null").unwrap();
    for (input, why) in [
        (File::open("/").unwrap(), "Is a directory (os error 21)"),
        (
            File::open("/proc/self/mem").unwrap(),
            "Input/output error (os error 5)",
        ),
        (closed, "Bad file descriptor (os error 9)"),
    ] {
        for args in [
            &["check"][..],
            &["check", "--shape-only"],
            &["audit"],
            &["audit", "--shape-only", "--format", "ndjson"],
        ] {
            let mut command = operator.command(args.iter().copied());
            let ran = Ran::from(command.stdin(input.try_clone().unwrap()).output().unwrap());
            let message = format!("error: cannot read standard input: {why}\n");
            ran.assert(3, "", &message);
        }
    }
    let folder = operator.path("");
    let folder = folder.to_str().unwrap();
    let restore = [
        "series",
        "restore",
        "--series",
        "x",
        "--prefix",
        "Q",
        "--key-file",
        folder,
    ];
    let ran = operator.run(restore);
    assert_eq!((ran.code, &*ran.stdout), (3, ""), "{ran:?}");
    assert!(ran.stderr.contains("cannot read the key file"), "{ran:?}");
}
