//! The contract of all allocators, by each way to a server.

use std::error::Error;

use tracking_core::{MySqlAllocator, Opening, testing};

use crate::common::{create, open, options, url};
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

#[test]
fn it_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<MySqlAllocator>();
    assert_eq!(
        url("mysql://u:secret@h/a").to_string(),
        "mysql://u@h:3306/a"
    );
}
