//! How it starts.

mod refused;

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
use tracking_core::store::url::FileUrl;
use tracking_core::{Allocator, FileAllocator, SeriesOptions};

use crate::support::{Client, Program, ask, command, run_to_end};

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
