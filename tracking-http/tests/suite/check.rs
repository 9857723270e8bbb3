//! `--check`: what would keep the server from starting.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::redis_servers::server::RedisServer;
use crate::support::{Program, TokenFile, ask, run_to_end};
use tracking_test_support::SmallDisk;

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// It exits with this code, and says these lines.
#[track_caller]
fn says(args: &[&str], variables: &[(&str, &str)], code: i32, lines: &[&str]) {
    let output = run_to_end(&[&["--check"], args].concat(), variables);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().collect::<Vec<_>>(), lines, "{args:?}");
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert!(output.stdout.is_empty());
}

const WELL: &str = "all is well: it would start, if it may listen there";
const NOT: &str = "it would not start";

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn what_a_start_would_make_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let ledger = format!("sqlite:{home}/ledger.db");
    let expected = [
        "address: 127.0.0.1:8080",
        "who may: everybody",
        &format!(
            "store: file:{home}/tracking/default.series, series: default, which the start will make"
        ),
        &format!("ledger: {ledger}, which the start will make"),
        WELL,
    ];
    let home = [("XDG_STATE_HOME", home)];
    says(&["--ledger", &ledger], &home, 0, &expected);
    assert_eq!(names(folder.path()), [""; 0]);
    // By its variable, like any flag.
    let output = run_to_end(&["--store", "memory:"], &[("TRACKING_CHECK", "1")]);
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn beside_a_server_that_runs_it_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    let ledger = format!("sqlite:{}/ledger.db", folder.path().display());
    let store = format!("file:{}", path.display());
    let args = ["--store", &*store, "--ledger", &ledger];
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let tokens = file.path();
    let tokens = tokens.to_str().unwrap();
    let program = Program::start(&[&args[..], &["--tokens", tokens]].concat(), &[]);
    let before = std::fs::read(&path).unwrap();
    let address = program.address.to_string();
    std::fs::set_permissions(tokens, Permissions::from_mode(0o644)).unwrap();
    let series = program
        .welcome
        .iter()
        .find(|line| line.starts_with("series: "));
    let listen = ["--listen", &*address, "--tokens", tokens];
    says(
        &[&args[..], &listen].concat(),
        &[],
        0,
        &[
            &format!("address: {address}"),
            "who may: 1 token of 1 name",
            &format!("store: {store}, {}", series.unwrap()),
            &format!("ledger: {ledger}"),
            &format!(
                "warning: {tokens} says who may, and its mode 0644 lets other users of this host in: chmod o= it"
            ),
            WELL,
        ],
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (tokens, ledger) = (
        format!("{folder}/tokens"),
        format!("sqlite:{folder}/a/b.db"),
    );
    let store = format!("redis://{nobody}");
    says(
        &["--tokens", &tokens, "--ledger", &ledger, "--store", &store],
        &[],
        3,
        &[
            "address: 127.0.0.1:8080",
            &format!(
                "error: cannot read the tokens of {tokens}: No such file or directory (os error 2)"
            ),
            &format!(
                "error: {store}: cannot connect to {nobody}: Connection refused (os error 111)"
            ),
            &format!(
                "error: the ledger {ledger} cannot be used: could not make the file: No such file or directory (os error 2)"
            ),
            NOT,
        ],
    );
    says(
        &["--listen", "0.0.0.0:80"],
        &[],
        3,
        &[
            "error: whoever reaches 0.0.0.0:80 could take numbers; say with --tokens who may, listen on a loopback address such as 127.0.0.1:8080, or say --allow-anonymous",
        ],
    );
    let mistaken = run_to_end(&["--check", "--lisen", "127.0.0.1:1"], &[]);
    assert_eq!(mistaken.status.code(), Some(2));
}

/// What is there may be read, its tables too.
#[test]
fn a_ledger_that_takes_no_write_is_found() {
    let Some(disk) = SmallDisk::mount(1_024) else {
        return;
    };
    let ledger = format!("sqlite:{}/ledger.db", disk.path().display());
    let args = ["--store", "memory:", "--ledger", &ledger];
    let program = Program::start(&args, &[]);
    assert_eq!(
        ask(program.address, "GET", "/next-tracking-number").status,
        200
    );
    // While it runs, so that no file has to be made.
    disk.fill();
    let output = run_to_end(&[&["--check"], &args[..]].concat(), &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let full = format!("error: the ledger {ledger} cannot be used");
    assert!(said.contains(&full) && said.contains("full"), "{said}");
}

#[test]
fn a_file_that_is_no_ledger_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(
        &path,
        "no database, and longer than the header of one would be".repeat(9),
    )
    .unwrap();
    let ledger = format!("sqlite:{}", path.display());
    let output = run_to_end(&["--check", "--store", "memory:", "--ledger", &ledger], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("file is not a database") && said.contains(NOT),
        "{said}"
    );
}

#[test]
fn a_store_that_hosts_share_makes_its_series_only_of_a_key() {
    let Some(redis) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    let store = redis.url();
    let output = run_to_end(&["--check", "--store", &store], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("`tracking series create`"), "{said}");
    let made = format!("store: {store}, series: default, which the start will make");
    says(
        &["--store", &store],
        &[("TRACKING_KEY", KEY)],
        0,
        &[
            "address: 127.0.0.1:8080",
            "who may: everybody",
            &made,
            "ledger: none",
            WELL,
        ],
    );
    assert_eq!(redis.ask::<u64>(&["DBSIZE"]), 0);
}

#[test]
fn a_key_for_a_local_store_is_what_a_start_would_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, KEY).unwrap();
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let args = ["--store", "memory:", "--key-file", key.to_str().unwrap()];
    let checked = run_to_end(&[&["--check"], &args[..]].concat(), &[]);
    let started = run_to_end(&[&["--listen", "127.0.0.1:0"], &args[..]].concat(), &[]);
    let [checked, started] = [checked, started].map(|output| {
        assert_eq!(output.status.code(), Some(3));
        String::from_utf8(output.stderr).unwrap()
    });
    assert!(checked.contains(&started), "{checked}\n{started}");
}
