//! The node of a cluster that owns the slot of all our keys.

use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::cmd;

use crate::fork::PerProcess;
use crate::store::url::RedisHost;

use super::connect::Connector;
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::slots::Slots;
use super::stream::Address;

/// What is known of a cluster.
#[derive(Default)]
pub(super) struct Cluster {
    /// Nodes that others have told of, beside those that the URL names.
    nodes: PerProcess<Mutex<Vec<RedisHost>>>,
}

impl Cluster {
    /// Asks one node after the other who owns the slot, those first that were told of last.
    pub(super) fn find(
        &self,
        connector: &Connector,
        seeds: &[RedisHost],
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let mut nodes = self.known_nodes().clone();
        for seed in seeds {
            if !nodes.contains(seed) {
                nodes.push(seed.clone());
            }
        }
        let mut told = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let share = deadline.share(nodes.len() - index, deadline.whole());
            match self.ask(connector, node, share) {
                Ok(connection) => return Ok(connection),
                Err(fault) if fault.lasts() => return Err(fault),
                Err(fault) => told.push(format!("{node}: {fault}")),
            }
        }
        Err(RedisFault::NoNode { told })
    }

    fn ask(
        &self,
        connector: &Connector,
        node: &RedisHost,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let mut connection = connector.connect(Address::Host(node.clone()), deadline)?;
        connector.log_in(&mut connection, deadline)?;
        let answer = connection.ask(cmd("CLUSTER").arg("SLOTS").take(), deadline)?;
        let slots = Slots::of(&answer, node);
        let Some(owner) = slots.owner else {
            return Err(connection.garbled("no owner of the slot of {tracking}"));
        };
        *self.known_nodes() = slots.nodes;
        if owner == *node {
            return connector.checked(connection, deadline);
        }
        connector.primary(Address::Host(owner), deadline)
    }

    fn known_nodes(&self) -> MutexGuard<'_, Vec<RedisHost>> {
        let nodes = self.nodes.get(Default::default);
        nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to the node that another one sent us to; an empty name is that one's own.
pub(super) fn follow(
    connector: &Connector,
    host: RedisHost,
    asking: bool,
    from: &Connection,
    deadline: Deadline,
) -> Result<Connection, RedisFault> {
    let host = match &from.host {
        Some(own) if host.name().is_empty() => RedisHost::new(own.name(), host.port()),
        _ => host,
    };
    let mut connection = connector.primary(Address::Host(host), deadline)?;
    connection.asking = asking;
    Ok(connection)
}
