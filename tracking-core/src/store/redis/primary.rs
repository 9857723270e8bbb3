//! Finds the primary: the server that is in charge of a series.

use std::sync::Arc;

use crate::store::url::{RedisHost, RedisPlace, RedisUrl};

use super::cluster::{self, Cluster};
use super::connect::Connector;
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::sentinel;
use super::stream::{Address, Dial};

/// Finds it by what the URL names: itself, Sentinels, or nodes of a cluster.
pub(super) struct PrimaryFinder {
    connector: Connector,
    cluster: Cluster,
}

impl PrimaryFinder {
    pub(super) fn new(url: RedisUrl, dial: Option<Arc<dyn Dial>>) -> Self {
        Self {
            connector: Connector::new(url, dial),
            cluster: Cluster::default(),
        }
    }

    pub(super) fn url(&self) -> &RedisUrl {
        self.connector.url()
    }

    /// A connection to the server that takes this series' writes.
    pub(super) fn find(&self, deadline: Deadline) -> Result<Connection, RedisFault> {
        let connector = &self.connector;
        match self.url().place() {
            RedisPlace::Server(host) | RedisPlace::Tls { host, .. } => {
                connector.primary(Address::Host(host.clone()), deadline)
            }
            RedisPlace::Socket(path) => connector.primary(Address::Socket(path.clone()), deadline),
            RedisPlace::Sentinel { hosts, master } => {
                sentinel::find(connector, hosts, master, deadline)
            }
            RedisPlace::Cluster { hosts } => self.cluster.find(connector, hosts, deadline),
        }
    }

    /// A connection to the node of the cluster that another one sent us to.
    pub(super) fn follow(
        &self,
        host: RedisHost,
        asking: bool,
        from: &Connection,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        cluster::follow(&self.connector, host, asking, from, deadline)
    }
}
