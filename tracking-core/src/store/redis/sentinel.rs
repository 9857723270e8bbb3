//! The primary that Sentinels name, which call it the master.

use redis::{Value, cmd};

use crate::store::url::RedisHost;

use super::connect::Connector;
use super::connection::Connection;
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::refusal::RefusalKind;
use super::stream::Address;
use super::text::{host_of, text};

/// Asks each Sentinel for the master, and the server that it names whether it is one. Right after a
/// failover a Sentinel may still name the old one.
pub(super) fn find(
    connector: &Connector,
    hosts: &[RedisHost],
    master: &str,
    deadline: Deadline,
) -> Result<Connection, RedisFault> {
    let mut told = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        let share = deadline.share(hosts.len() - index, deadline.whole());
        let connection = ask(connector, host, master, share)
            .and_then(|found| connector.primary(Address::Host(found), share));
        match connection {
            Ok(connection) => return Ok(connection),
            // The master's own error, which no other Sentinel would change.
            Err(fault) if hosts.len() == 1 || fault.lasts() => return Err(fault),
            Err(fault) => told.push(format!("{host}: {fault}")),
        }
    }
    Err(RedisFault::NoMaster { told })
}

fn ask(
    connector: &Connector,
    host: &RedisHost,
    master: &str,
    deadline: Deadline,
) -> Result<RedisHost, RedisFault> {
    let mut connection = connector.connect(Address::Host(host.clone()), deadline)?;
    let question = || {
        cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(master)
            .take()
    };
    let answer = match connection.ask(question(), deadline) {
        // Most Sentinels have no password; one that has is given the same.
        Err(RedisFault::Refused { refusal, .. }) if refusal.kind == RefusalKind::NoLogin => {
            connector.log_in(&mut connection, deadline)?;
            connection.ask(question(), deadline)?
        }
        answer => answer?,
    };
    let found = match &answer {
        Value::Array(parts) => match &parts[..] {
            [name, port] => host_of(text(name), text(port).and_then(|port| port.parse().ok())),
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| connection.garbled(&format!("no address of a master called {master}")))
}
