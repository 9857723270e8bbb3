//! Where help goes, and a file that may grow no further.

use std::fs::{File, OpenOptions};
use std::process::Command;

use crate::support::command;

#[test]
fn help_that_cannot_be_written_is_told() {
    for args in ["--help", "-h", "--version"] {
        let run = |stdout: File| {
            let output = command(&[args], &[]).stdout(stdout).output().unwrap();
            (
                output.status.code().unwrap(),
                String::from_utf8(output.stderr).unwrap(),
            )
        };
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let told =
            "error: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!(run(full), (3, told.to_owned()));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(&[args], &[]).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
        // What becomes of the message decides nothing.
        let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = command(&[args], &[]).stdout(full()).stderr(full()).status();
        assert_eq!(status.unwrap().code(), Some(3));
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = command(&["--listen", "x"], &[]).stderr(full).status();
    assert_eq!(status.unwrap().code(), Some(2));
}

#[test]
fn a_file_that_may_grow_no_further_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &str, redirect: &str| {
        let mut shell = Command::new("bash");
        let script = format!("ulimit -f 0; exec \"$0\" {args} {redirect}");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_tracking-http")]);
        shell
            .env_clear()
            .env("HOME", folder.path())
            .current_dir(folder.path());
        let output = shell.output().unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, said) = run("--help", "> out");
    assert!(code == Some(3) && said.contains("File too large"), "{said}");
    // The messages go into such a file.
    assert_eq!(run("--listen x", "2> err").0, Some(2));
    let (code, said) = run("--listen 127.0.0.1:0", "");
    assert!(code == Some(3) && said.contains("File too large"), "{said}");
}

/// An argument is told in a message, and steers no terminal there.
#[test]
fn what_is_given_is_shown_harmlessly() {
    for text in ["\u{1b}[31m", "\u{9b}31m", "a\nb", "\u{202e}", "\u{2028}"] {
        let option = format!("--{text}");
        let store = format!("file:{text}/x");
        let socket = format!("unix:/none/{text}");
        for args in [
            &["--listen", text][..],
            &["--timezone", text],
            &["--cors-origin", text],
            &["--log-format", text],
            &["--tokens", text],
            &["--address-rate", text],
            &["--trusted-proxy", text],
            &["--read-timeout", text],
            &["--series", text],
            &["--prefix", text],
            &["--key-file", text],
            &["--store", text],
            &[
                "--listen",
                "127.0.0.1:0",
                "--store",
                &store,
                "--key-file",
                "/dev/null",
            ],
            &["--store", "memory:", "--listen", &socket],
            &[&option],
        ] {
            let output = command(args, &[]).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            let steers = |c: char| tracking_core::shown::steers(c) && c != '\n';
            assert!(!said.contains(steers), "{args:?}: {said:?}");
            assert!(
                output.status.code().is_some_and(|code| code > 1),
                "{args:?}: {said}"
            );
        }
    }
}
