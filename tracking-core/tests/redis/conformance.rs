//! The contract of all allocators, on each kind of deployment.

use std::error::Error;

use tracking_core::{Opening, RedisAllocator, testing};

use crate::common::{create, open, options, url};
use crate::support::cluster::RedisCluster;
use crate::support::sentinel::RedisSentinels;
use crate::support::server::RedisServer;

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
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    conforms(&server.url());
    conforms(&format!("{}/3", server.tcp_url()));
}

#[test]
fn with_append_only_file() {
    let Some(server) = RedisServer::start(&["--appendonly", "yes"]) else {
        return;
    };
    conforms(&server.url());
}

#[test]
fn sentinels() {
    let Some(sentinels) = RedisSentinels::start(2, 3, &[]) else {
        return;
    };
    conforms(&sentinels.url());
    conforms(&format!(
        "{}/2?wait_replicas=1&timeout_ms=5000",
        sentinels.url()
    ));
}

#[test]
fn cluster_of_three_primaries() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    conforms(&cluster.url());
}

#[test]
fn it_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<RedisAllocator>();
    assert_eq!(url("redis://u:secret@h").to_string(), "redis://u@h:6379");
}
