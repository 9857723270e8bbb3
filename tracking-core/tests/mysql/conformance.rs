//! The contract of all allocators, by each way to a server.

use std::error::Error;

use tracking_core::store::list_series;
use tracking_core::{MySqlAllocator, Opening, testing};

use crate::common::{create, named, open, options, url};
use crate::support::server::MySqlServer;

fn conforms(text: &str) {
    let _first = create(text);
    testing::conformance(|| {
        let opened = open(text, &options(Opening::Existing));
        opened.map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>)
    })
    .unwrap();
}

#[test]
fn one_server() {
    if let Some(server) = MySqlServer::shared() {
        conforms(&server.database());
    }
}

#[test]
fn by_its_socket() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let by_port = server.database();
    let (_, name) = by_port.rsplit_once('/').unwrap();
    conforms(&server.socket_url(name));
}

#[test]
fn with_a_binary_log() {
    if let Some(server) = MySqlServer::start(&["--log-bin=log", "--sync-binlog=1"]) {
        conforms(&server.database());
    }
}

/// By a server whose settings are all others than a store needs: each session makes its own. And what a trigger does is
/// no row of ours.
#[test]
fn whatever_the_server_is_set_to() {
    let Some(server) = MySqlServer::start(&[
        "--sql-mode=ANSI,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES",
        "--transaction-isolation=SERIALIZABLE",
        "--autocommit=0",
        "--completion-type=CHAIN",
        "--default-time-zone=-11:00",
        "--sysdate-is-now",
        "--default-storage-engine=MyISAM",
        "--character-set-server=utf8mb4",
    ]) else {
        return;
    };
    let url = server.database();
    let (_, name) = url.rsplit_once('/').unwrap();
    for setting in [
        "sql_select_limit = 1",
        "unique_checks = 0",
        "sql_safe_updates = 1",
    ] {
        server.run(&format!("SET GLOBAL {setting}"));
    }
    create(&url);
    server.run(&format!(
        "CREATE TABLE {name}.seen (nonce CHAR(32)) ENGINE = InnoDB"
    ));
    server.run(&format!(
        "CREATE TRIGGER {name}.sees AFTER UPDATE ON {name}.tracking_series FOR EACH ROW \
         INSERT INTO seen VALUES (NEW.nonce), (OLD.nonce)"
    ));
    testing::conformance(|| {
        let opened = open(&url, &options(Opening::Existing));
        opened.map_err(|error| Box::new(error) as Box<dyn Error + Send + Sync>)
    })
    .unwrap();
    open(&url, &named("another", options(Opening::New))).unwrap();
    let names = list_series(&url.parse().unwrap()).unwrap();
    assert_eq!(names.len(), 2);
}

#[test]
fn it_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<MySqlAllocator>();
    assert_eq!(
        url("mysql://u:secret@h/a").to_string(),
        "mysql://u@h:3306/a"
    );
}
