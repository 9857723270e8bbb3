//! Every fault of a Redis.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rand::RngExt;
use tracking_test_support::mysql::slow::Slow;
use tracking_test_support::redis::server::RedisServer;

use crate::crowd::Crowd;
use crate::deck::storm;
use crate::{random, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// `kill -9`, and a start with what its file has.
    Kill,
    /// SIGSTOP for longer than the time-out.
    Pause,
    /// A start without its file.
    Loss,
    /// A start with the file of a while ago.
    Older,
    /// `FLUSHALL`.
    Flush,
    /// Answers later than the time-out.
    Late,
    /// All connections are closed.
    Cut,
    /// `kill -9` of a client.
    Client,
}

const FAULTS: [Fault; 8] = [
    Fault::Kill,
    Fault::Pause,
    Fault::Loss,
    Fault::Older,
    Fault::Flush,
    Fault::Late,
    Fault::Cut,
    Fault::Client,
];
const TIMEOUT_MS: u64 = 300;
const FILES: &str = "appendonlydir";

#[test]
fn every_fault_of_redis_in_random_order_repeats_nothing() {
    let Some(mut server) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    let mut random = random();
    let slow = Slow::start(server.port());
    let url = format!("redis://127.0.0.1:{}?timeout_ms={TIMEOUT_MS}", slow.port());
    let mut crowd = Crowd::new(&url, 4);
    crowd.goes_on("at first");
    let kept = tempfile::tempdir().unwrap();
    let kept = kept.path().join(FILES);
    copy(&server.folder().join(FILES), &kept);
    let met = storm(
        &FAULTS,
        time(),
        &mut random,
        &mut crowd,
        |fault, random, crowd| {
            let long = Duration::from_millis(TIMEOUT_MS + random.random_range(100..400));
            match fault {
                Fault::Kill => {
                    server.kill();
                    server.start_again();
                }
                Fault::Pause => server.pause_for(long),
                Fault::Loss => {
                    server.kill();
                    fs::remove_dir_all(server.folder().join(FILES)).unwrap();
                    server.start_again();
                }
                Fault::Older => {
                    server.kill();
                    let files = server.folder().join(FILES);
                    let newest = tempfile::tempdir().unwrap();
                    copy(&files, &newest.path().join(FILES));
                    fs::remove_dir_all(&files).unwrap();
                    copy(&kept, &files);
                    fs::remove_dir_all(&kept).unwrap();
                    copy(&newest.path().join(FILES), &kept);
                    server.start_again();
                }
                Fault::Flush => drop(server.ask::<String>(&["FLUSHALL"])),
                Fault::Late => {
                    slow.answer_after(TIMEOUT_MS + 100);
                    thread::sleep(long);
                    slow.answer_after(0);
                }
                Fault::Cut => {
                    let closed: u32 = server.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
                    assert!(closed > 0, "there were no connections");
                }
                Fault::Client => {
                    let victim = random.random_range(0..crowd.len());
                    assert!(crowd.kill(victim), "it had issued nothing");
                }
            }
        },
    );
    let numbers = crowd.audit(&server.tcp_url());
    eprintln!("{met:?}: {numbers} numbers, none twice");
    for fault in [
        Fault::Kill,
        Fault::Pause,
        Fault::Loss,
        Fault::Older,
        Fault::Late,
    ] {
        assert!(
            met[&fault].told > 0,
            "nobody was told of {fault:?}: {met:?}"
        );
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
