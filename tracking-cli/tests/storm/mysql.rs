//! Every fault of a MariaDB.

use std::thread;
use std::time::Duration;

use mysql::prelude::Queryable;
use rand::RngExt;
use tracking_test_support::mysql::proxy::Proxy;
use tracking_test_support::mysql::server::MySqlServer;
use tracking_test_support::mysql::slow::Slow;
use tracking_test_support::until;

use crate::crowd::Crowd;
use crate::deck::storm;
use crate::{random, time};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// `kill -9`, and a start.
    Kill,
    /// SIGSTOP for longer than the time-out.
    Pause,
    /// The row of a while ago, more than 10 ms after the last reservation.
    Older,
    /// The table is locked for longer than the time-out.
    Locked,
    /// `read_only`, for a while.
    ReadOnly,
    /// The row is deleted.
    Loss,
    /// Answers later than the time-out.
    Late,
    /// The answer to a write is cut off.
    Cut,
    /// `kill -9` of a client.
    Client,
}

const FAULTS: [Fault; 9] = [
    Fault::Kill,
    Fault::Pause,
    Fault::Older,
    Fault::Locked,
    Fault::ReadOnly,
    Fault::Loss,
    Fault::Late,
    Fault::Cut,
    Fault::Client,
];
const TIMEOUT_MS: u64 = 500;
/// Longer than the promise asks for between a reservation and an older state.
const APART: Duration = Duration::from_millis(50);

#[test]
fn every_fault_of_mariadb_in_random_order_repeats_nothing() {
    let Some(mut server) = MySqlServer::start(&[]) else {
        return;
    };
    let mut random = random();
    let slow = Slow::start(server.port());
    let proxy = Proxy::start(slow.port());
    let direct = server.database();
    let (_, name) = direct.rsplit_once('/').unwrap();
    let table = format!("{name}.tracking_series");
    let url = format!(
        "mysql://root@127.0.0.1:{}/{name}?timeout_ms={TIMEOUT_MS}",
        proxy.port()
    );
    let mut crowd = Crowd::new(&url, 4);
    crowd.goes_on("at first");
    let state = |server: &MySqlServer| -> (String, String) {
        let rows = server.ask(&format!("SELECT nonce, timeline FROM {table}"));
        rows.into_iter().next().unwrap()
    };
    let mut kept = state(&server);
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
                Fault::Older => {
                    let mut connection = server.connection().unwrap();
                    let newest = state(&server);
                    connection
                        .query_drop(format!("LOCK TABLES {table} WRITE"))
                        .unwrap();
                    thread::sleep(APART);
                    let (nonce, timeline) = std::mem::replace(&mut kept, newest);
                    let update =
                        format!("UPDATE {table} SET nonce = '{nonce}', timeline = '{timeline}'");
                    connection.query_drop(update).unwrap();
                    assert_eq!(connection.affected_rows(), 1);
                    connection.query_drop("UNLOCK TABLES").unwrap();
                }
                Fault::Locked => {
                    let mut connection = server.connection().unwrap();
                    connection
                        .query_drop(format!("LOCK TABLES {table} WRITE"))
                        .unwrap();
                    thread::sleep(long);
                    connection.query_drop("UNLOCK TABLES").unwrap();
                }
                Fault::ReadOnly => {
                    server.run("SET GLOBAL read_only = ON");
                    thread::sleep(long);
                    server.run("SET GLOBAL read_only = OFF");
                }
                Fault::Loss => server.run(&format!("DELETE FROM {table}")),
                Fault::Late => {
                    slow.answer_after(TIMEOUT_MS + 100);
                    thread::sleep(long);
                    slow.answer_after(0);
                }
                Fault::Cut => {
                    // One of a generator's own thread is told to nobody: there are numbers in hand.
                    let told = crowd.errors();
                    until("a cut that somebody is told of", || {
                        let before = proxy.cut_so_far();
                        proxy.cut(1);
                        until("a cut", || proxy.cut_so_far() > before);
                        crowd.errors() > told
                    });
                }
                Fault::Client => {
                    let victim = random.random_range(0..crowd.len());
                    assert!(crowd.kill(victim), "it had issued nothing");
                }
            }
        },
    );
    let numbers = crowd.audit(&direct);
    eprintln!("{met:?}: {numbers} numbers, none twice");
    for fault in FAULTS {
        // A row that is lost or older is no error to those who wait, and so is a client that is gone.
        let is_silent = [Fault::Older, Fault::Loss, Fault::Client].contains(&fault);
        assert!(
            is_silent || met[&fault].told > 0,
            "nobody was told of {fault:?}: {met:?}"
        );
    }
}
