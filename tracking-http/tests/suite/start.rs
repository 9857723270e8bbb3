//! How it starts, and how it does not.

use std::fs::Permissions;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, kill_process};
use tracking_core::series::Fingerprint;
use tracking_core::store::url::FileUrl;
use tracking_core::{Allocator, FileAllocator, SeriesOptions};

use crate::support::{Client, Program, ask, command, run_to_end};

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
fn it_says_where_it_listens_and_which_series_it_has() {
    let program = Program::start(
        &["--store", "memory:", "--series", "shop-a", "--prefix", "AB"],
        &[],
    );
    let address = program.address;
    let [listening, store, series, try_it] = &program.welcome[..] else {
        panic!("{:?}", program.welcome);
    };
    assert_eq!(*listening, format!("listening on http://{address}"));
    assert_eq!(store, "store: memory:");
    let (before, after) = series.split_at("series: shop-a, prefix \"AB\", fingerprint ".len());
    assert_eq!(before, "series: shop-a, prefix \"AB\", fingerprint ");
    assert_eq!(
        &after[16..],
        "; this series is this process's alone, and ends with it"
    );
    let target =
        "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200";
    assert_eq!(*try_it, format!("try it: curl 'http://{address}{target}'"));
    let number = ask(address, "GET", target).json()["tracking_number"].to_string();
    assert!(number.starts_with("\"AB"), "{number}");
}

#[test]
fn variables_say_what_flags_say() {
    let variables = [
        ("TRACKING_STORE", "memory:"),
        ("TRACKING_TIMEZONE", "Asia/Kolkata"),
        ("TRACKING_ALLOW_ANONYMOUS", "no"),
        ("TRACKING_PREFIX", "XY"),
    ];
    let program = Program::start(&[], &variables);
    let answer = ask(program.address, "GET", "/next-tracking-number").json();
    assert!(answer["created_at"].as_str().unwrap().ends_with("+05:30"));
    assert!(
        answer["tracking_number"]
            .as_str()
            .unwrap()
            .starts_with("XY")
    );

    let variables = [
        ("TRACKING_LISTEN", "0.0.0.0:0"),
        ("TRACKING_ALLOW_ANONYMOUS", "false"),
    ];
    let output = run_to_end(&[], &variables);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_key_that_is_not_used_is_told() {
    let variables = [("TRACKING_KEY", "00112233445566778899aabbccddeeff")];
    let program = Program::start(&["--store", "memory:"], &variables);
    assert_eq!(
        program.welcome[0],
        "warning: TRACKING_KEY is not used: a local store has a key of its own (`tracking series restore --key-file` brings a lost one back)"
    );
    assert!(!program.welcome.join("").contains("00112233"));
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

/// A file that its owner alone may read, as a key should be.
fn write_private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_key_file_that_others_may_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let series = folder.path().join("s.series");
    let store = format!("file:{}", series.display());
    drop(Program::start(&["--store", &store], &[]));
    let url = FileUrl::new(&series);
    let allocator = FileAllocator::open(&url, &SeriesOptions::default()).unwrap();
    let path = folder.path().join("key");
    write_private(&path, &allocator.series().key().expose_hex());
    let args = ["--store", &store, "--key-file", path.to_str().unwrap()];
    for (mode, told) in [(0o600, false), (0o644, true)] {
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let program = Program::start(&args, &[]);
        let warning = format!(
            "warning: {} holds the series' key, and its mode {mode:04o} lets other users of this host in: chmod o= it",
            path.display()
        );
        assert_eq!(
            program.welcome.contains(&warning),
            told,
            "{:?}",
            program.welcome
        );
    }
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

/// What cannot be said is not waited for.
#[test]
fn it_serves_where_stderr_is_a_pipe_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let (reader, writer) = std::io::pipe().unwrap();
    let flags = fcntl_getfl(&writer).unwrap();
    fcntl_setfl(&writer, flags | OFlags::NONBLOCK).unwrap();
    while (&writer).write(&[b'x'; 4096]).is_ok() {}
    while (&writer).write(b"x").is_ok() {}
    fcntl_setfl(&writer, flags).unwrap();
    let listen = format!("unix:{}", path.display());
    let mut child = Killed(
        command(&["--listen", &listen, "--store", "memory:"], &[])
            .stderr(writer)
            .spawn()
            .unwrap(),
    );
    let began = Instant::now();
    // Its name is there before it listens.
    while UnixStream::connect(&path).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(Client::connect_unix(&path).ask("GET", "/livez").status, 200);
    kill_process(Pid::from_child(&child.0), Signal::TERM).unwrap();
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.0.try_wait().unwrap() {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "never ends");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(0));
    drop(reader);
}

/// A child that outlives no test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A signal that is caught breaks off what a thread waits for.
#[test]
fn sighup_does_not_break_a_start_off() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!(
        "redis://{}?connect_ms=2000&timeout_ms=2000",
        silent.local_addr().unwrap()
    );
    let args = ["--listen", "127.0.0.1:0", "--store", &store];
    let began = Instant::now();
    let mut child = command(&args, &[]).stderr(Stdio::piped()).spawn().unwrap();
    // It is asked now, and answers nothing.
    silent.set_nonblocking(true).unwrap();
    let asked = loop {
        if let Ok((asked, _)) = silent.accept() {
            break asked;
        }
        assert_eq!(child.try_wait().unwrap(), None, "it asked nothing");
        std::thread::sleep(Duration::from_millis(5));
    };
    std::thread::sleep(Duration::from_millis(200));
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(!said.contains("Interrupted"), "{said}");
    assert!(began.elapsed() > Duration::from_millis(1_500), "{said}");
    drop(asked);
}
