//! `kill -9` of the server under load: what was acknowledged is there, once.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use mysql::prelude::Queryable;
use tracking_ledger::Recorder;

use crate::support::clients::Clients;
use crate::support::mariadb::MariaDb;
use crate::support::{Place, kills};

#[test]
fn what_was_acknowledged_survives_kill_9_and_is_there_once() {
    let Some(mut server) = MariaDb::start(&[]) else {
        return;
    };
    let place = server.database();
    let name = place.name().to_owned();
    let recorder = Recorder::start(place.open()).unwrap();
    let clients = Clients::run(&recorder, |clients| {
        for _ in 0..kills(2) {
            clients.go_on();
            server.kill();
            thread::sleep(Duration::from_millis(50));
            server.start_again();
        }
        clients.go_on();
    });
    assert!(clients.refused() > 0, "nobody noticed");
    let rows: Vec<String> = server
        .connection(Some(&name))
        .query("SELECT number FROM tracking_entries")
        .unwrap();
    let held: HashSet<_> = rows.iter().collect();
    assert_eq!(held.len(), rows.len());
    assert!(held.len() >= clients.answered());
}
