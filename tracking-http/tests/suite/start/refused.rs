//! How it does not start: by which code it ends, and what it says, to the letter.

use std::net::TcpListener;

use tracking_core::series::Fingerprint;

use super::write_private;
use crate::support::{Program, run_to_end};

/// It ends with this code, and says this on stderr, to the letter.
#[track_caller]
fn fails(args: &[&str], variables: &[(&str, &str)], code: i32, said: &str) {
    let output = run_to_end(args, variables);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), stderr.as_str()),
        (Some(code), said),
        "{args:?}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn other_addresses_need_a_word() {
    fails(
        &["--store", "memory:", "--listen", "0.0.0.0:0"],
        &[],
        2,
        "error: whoever reaches 0.0.0.0:0 could take numbers; say with --tokens who may, listen on a loopback address such as 127.0.0.1:8080, or say --allow-anonymous\n",
    );
    // The last --listen would be an error, so this one is by variable.
    let anonymous = [("TRACKING_ALLOW_ANONYMOUS", "1")];
    fails(
        &["--store", "memory:", "--listen", "192.0.2.1:1"],
        &anonymous,
        3,
        "error: cannot listen on 192.0.2.1:1: Cannot assign requested address (os error 99)\n",
    );
}

#[test]
fn an_occupied_port() {
    let folder = tempfile::tempdir().unwrap();
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = occupant.local_addr().unwrap().to_string();
    let path = folder.path().join("a.series");
    fails(
        &[
            "--listen",
            &address,
            "--store",
            &format!("file:{}", path.display()),
        ],
        &[],
        3,
        &format!(
            "error: cannot listen on {address}: another program does so already; choose another port with --listen\n"
        ),
    );
    assert!(!path.exists(), "a series was created");
}

#[test]
fn a_store_that_is_none() {
    for (url, said) in [
        (
            "8080",
            r#"expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found "8080""#,
        ),
        (
            "ftp://x",
            r#"expected a store URL such as file:PATH, memory:, redis://HOST or mysql://HOST/DB, found "ftp""#,
        ),
        (
            "memory:x",
            r#"expected memory: with nothing behind it, found "x""#,
        ),
        (
            "file:",
            r#"expected file:PATH with the path of a file, found """#,
        ),
    ] {
        fails(&["--store", url], &[], 2, &format!("error: {said}\n"));
    }
    fails(
        &[],
        &[("HOME", ""), ("XDG_STATE_HOME", "")],
        3,
        "error: neither XDG_STATE_HOME nor HOME names a folder, so there is no default store; name one with --store file:PATH\n",
    );
}

#[test]
fn a_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    // A file where a folder should be stops root, too.
    std::fs::write(folder.path().join("file"), "").unwrap();
    let store = format!("file:{}/file/a.series", folder.path().display());
    fails(
        &["--listen", "127.0.0.1:0", "--store", &store],
        &[],
        3,
        &format!(
            "error: {store}: cannot look at it: Not a directory (os error 20); a part of its path is no folder: make it one, or name another file with --store\n"
        ),
    );
}

#[test]
fn another_series_than_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("file:{}/a.series", folder.path().display());
    let key = folder.path().join("key");
    write_private(&key, "00112233445566778899aabbccddeeff\n");
    let program = Program::start(&["--store", &store, "--prefix", "AB"], &[]);
    let found = program.welcome[2]
        .split([' ', ';'])
        .nth(5)
        .unwrap()
        .to_owned();
    drop(program);
    let args = ["--listen", "127.0.0.1:0", "--store", &store];
    fails(
        &[&args[..], &["--prefix", "CD"]].concat(),
        &[],
        3,
        &format!(
            "error: {store}: expected the prefix \"CD\", found \"AB\"; a series' prefix never changes, so leave --prefix and TRACKING_PREFIX out, or name another series\n"
        ),
    );
    fails(
        &[&args[..], &["--series", "shop"]].concat(),
        &[],
        3,
        &format!(
            "error: {store}: expected the series `shop`, found `default`; name another store, or --series default\n"
        ),
    );
    let expected = Fingerprint::of(
        "AB".parse().unwrap(),
        &"00112233445566778899aabbccddeeff".parse().unwrap(),
    );
    fails(
        &[&args[..], &["--key-file", key.to_str().unwrap()]].concat(),
        &[],
        3,
        &format!(
            "error: {store}: expected the series with fingerprint {expected}, found {found}; under another key or prefix the same serials become other numbers, so nothing was opened\n"
        ),
    );
}

#[test]
fn wrong_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let args = [
        "--listen",
        "127.0.0.1:0",
        "--store",
        "memory:",
        "--key-file",
        path.to_str().unwrap(),
    ];
    let shown = path.display();
    fails(
        &args,
        &[],
        3,
        &format!(
            "error: cannot read the key file {shown}: No such file or directory (os error 2)\n"
        ),
    );
    write_private(&path, "00112233445566778899aabbccddeeff\n");
    fails(
        &args,
        &[],
        3,
        "error: memory:: there is no series, and a local store makes its own key: a key that was copied into two files is a series in two places at once; leave the key file out, or bring a lost series back with `tracking series restore`\n",
    );
}

#[test]
fn wrong_usage() {
    let hint = "\n\nFor more information, try '--help'.\n";
    for (args, said) in [
        (
            ["--timezone", "berlin"],
            "error: invalid value 'berlin' for '--timezone <ZONE>': \"berlin\" is not an IANA time zone: did you mean `Europe/Berlin`?",
        ),
        (
            ["--listen", "shop:80"],
            "error: invalid value 'shop:80' for '--listen <IP:PORT|unix:PATH>': expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH",
        ),
        (
            ["--idle-timeout", "0s"],
            "error: invalid value '0s' for '--idle-timeout <TIME>': expected a time with its unit such as 500ms, 10s or 2m, above zero and at most 24h",
        ),
        // Its default is 0s.
        (
            ["--drain-delay", "5"],
            "error: invalid value '5' for '--drain-delay <TIME>': expected a time with its unit such as 0s, 500ms, 10s or 2m, at most 24h",
        ),
        (
            ["--max-batches", "0"],
            "error: invalid value '0' for '--max-batches <COUNT>': expected a whole number from 1 to 1000000",
        ),
        (
            ["--address-rate", "1.5"],
            "error: invalid value '1.5' for '--address-rate <COUNT>': expected a whole number from 0 to 4294967295",
        ),
        (
            ["--prefix", "abcd"],
            "error: invalid value 'abcd' for '--prefix <PREFIX>': expected a prefix of 0 to 3 characters of A-Z and 0-9, found \"abcd\"",
        ),
    ] {
        fails(&args, &[], 2, &format!("{said}{hint}"));
    }
}
