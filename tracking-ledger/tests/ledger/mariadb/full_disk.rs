//! The disk of the server is full: nothing is recorded, everybody is told in time, and it goes on when there is room.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use mysql::prelude::Queryable;
use tracking_ledger::{Recorded, Recorder};

use crate::support::mariadb::MariaDb;
use crate::support::{Place, claim, full_order, number, recording};
use tracking_test_support::SmallDisk;

/// A server whose data is on a disk with room for little more.
fn server_on(arguments: &[&str]) -> Option<(MariaDb, SmallDisk)> {
    let mut server = MariaDb::start(arguments)?;
    server.stop();
    let data = server.socket().with_file_name("data");
    let output = Command::new("du").arg("-sk").arg(&data).output().unwrap();
    let size = String::from_utf8(output.stdout).unwrap();
    let size: u64 = size.split_whitespace().next().unwrap().parse().unwrap();
    // What it makes while it starts, and some rows.
    let room = match server.program().is_mysql() {
        false => 20 * 1024,
        true => 64 * 1024,
    };
    let mut disk = SmallDisk::mount(size + room)?;
    let copied = Command::new("cp")
        .args(["-a", "--sparse=never"])
        .arg(data.join("."))
        .arg(disk.path())
        .status();
    assert!(copied.unwrap().success());
    fs::remove_dir_all(&data).unwrap();
    fs::create_dir(&data).unwrap();
    disk.mount_also_at(data);
    server.start_again();
    Some((server, disk))
}

/// How long a caller waits.
const DEADLINE: Duration = Duration::from_secs(2);

fn goes_on(arguments: &[&str]) {
    let Some((server, disk)) = server_on(arguments) else {
        return;
    };
    let place = server.database();
    let recorder = Recorder::start(place.open()).unwrap();
    let order = full_order();
    let keyed = |count: u64, key: u64| {
        let key = claim(None, &key.to_string(), &order);
        recording(count, &order).with_claim(Some(key))
    };
    let (mut answered, mut refused) = (Vec::new(), Vec::new());
    let mut told = String::new();
    let mut ask = |count: u64| {
        let began = Instant::now();
        let recorded = recorder.record(keyed(count, count), DEADLINE);
        let took = began.elapsed();
        assert!(took < DEADLINE + Duration::from_secs(1), "{took:?}");
        match recorded {
            Ok(recorded) => {
                assert_eq!(recorded, Recorded::New);
                answered.push(count);
                true
            }
            Err(error) => {
                assert!(error.is_temporary(), "{error}");
                told = error.to_string();
                refused.push(count);
                false
            }
        }
    };
    assert!(ask(0));
    disk.fill();
    // What the server has kept for itself is used up first.
    let mut count = 1;
    while ask(count) {
        count += 1;
        assert!(count < 100_000, "it is never full");
    }
    for _ in 0..3 {
        count += 1;
        assert!(!ask(count), "it was not full: {count} were recorded");
    }
    disk.make_room();
    let began = Instant::now();
    loop {
        count += 1;
        if ask(count) {
            break;
        }
        let is_patient = began.elapsed() < Duration::from_secs(120);
        assert!(is_patient, "it does not go on");
    }
    eprintln!(
        "{} answered, {} refused, the last because {told}; it went on after {:?}",
        answered.len(),
        refused.len(),
        began.elapsed()
    );
    let ledger = recorder.ledger();
    for count in answered.iter().copied() {
        let found = ledger.find(number(count)).unwrap();
        assert!(found.is_some(), "{count} was answered");
    }
    // Who got an error and asks again gets one number, whatever became of the first.
    for key in refused.iter().copied() {
        count += 1;
        match recorder.record(keyed(count, key), DEADLINE).unwrap() {
            Recorded::New => {}
            Recorded::Replayed(replay) => assert_eq!(replay.numbers, [number(key)]),
            other => panic!("{other:?}"),
        }
    }
    let rows: Option<usize> = server
        .connection(Some(place.name()))
        .query_first("SELECT COUNT(*) FROM tracking_entries")
        .unwrap();
    assert_eq!(rows, Some(answered.len() + refused.len()));
}

/// It says so at once.
#[test]
fn a_table_that_cannot_grow() {
    goes_on(&[]);
}

/// It says nothing, and looks once a minute whether there is room.
#[test]
fn a_binlog_that_cannot_grow() {
    if std::env::var_os("TRACKING_PROVE").is_none() {
        eprintln!("it takes a minute, and so is tested with TRACKING_PROVE=1 alone");
        return;
    }
    goes_on(&["--log-bin=binlog", "--server-id=1"]);
}
