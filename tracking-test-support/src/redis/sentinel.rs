//! A primary, its replicas and their Sentinels, for a test.

use std::path::Path;
use std::process::Command;

use super::server::RedisServer;
use crate::programs::found;
use crate::{Daemon, is_installed, until};

/// The name that the Sentinels have for the primary.
pub const MASTER: &str = "main";

/// Sentinels over the first of some servers, which the others replicate.
pub struct RedisSentinels {
    /// The servers, of which one is the primary.
    pub servers: Vec<RedisServer>,
    sentinels: Vec<Sentinel>,
}

struct Sentinel(Daemon);

impl RedisSentinels {
    /// A primary with some replicas, and Sentinels that fail over by majority.
    pub fn start(replicas: usize, sentinels: usize, arguments: &[&str]) -> Option<Self> {
        if !is_installed("redis-sentinel") {
            return None;
        }
        let servers = (0..=replicas)
            .map(|_| RedisServer::start(arguments))
            .collect::<Option<Vec<_>>>()?;
        let primary = servers[0].port().to_string();
        for replica in &servers[1..] {
            let _: String = replica.ask(&["REPLICAOF", "127.0.0.1", &primary]);
        }
        for replica in &servers[1..] {
            until("replication", || replica.info("master_link_status") == "up");
        }
        let quorum = sentinels / 2 + 1;
        let sentinels = (0..sentinels)
            .map(|_| Sentinel::start(&primary, quorum))
            .collect();
        let all = Self { servers, sentinels };
        all.until_they_know_each_other();
        Some(all)
    }

    /// The store URL that names the Sentinels.
    pub fn url(&self) -> String {
        let hosts: Vec<_> = self
            .sentinels
            .iter()
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.0.port()))
            .collect();
        format!("redis+sentinel://{}/{MASTER}", hosts.join(","))
    }

    /// The server that the first Sentinel names as master.
    pub fn master(&self) -> Option<&RedisServer> {
        let port = self.sentinels[0].master_port()?;
        self.servers.iter().find(|server| server.port() == port)
    }

    /// Have the Sentinels fail over, and wait until the old master has become a replica. For a
    /// while before, both take writes.
    pub fn fail_over(&self) {
        let before = self.master().map(|server| server.port());
        let mut connection = self.sentinels[0].connection().expect("a Sentinel");
        let _: String = redis::cmd("SENTINEL")
            .arg("FAILOVER")
            .arg(MASTER)
            .query(&mut connection)
            .expect("a failover");
        until("a failover", || {
            let now = self.master().map(|server| server.port());
            let is_master = |server: &&RedisServer| server.shows("role", "master");
            let masters: Vec<_> = self.servers.iter().filter(is_master).collect();
            now != before && masters.len() == 1 && Some(masters[0].port()) == now
        });
    }

    fn until_they_know_each_other(&self) {
        let (replicas, others) = (self.servers.len() - 1, self.sentinels.len() - 1);
        for sentinel in &self.sentinels {
            until("Sentinels that know each other", || {
                sentinel.knows("num-slaves") == Some(replicas)
                    && sentinel.knows("num-other-sentinels") == Some(others)
            });
        }
    }
}

impl Sentinel {
    fn start(primary: &str, quorum: usize) -> Self {
        let folder = || tempfile::tempdir().expect("a temporary folder");
        let primary = primary.to_owned();
        let command = move |folder: &Path, port| {
            let configuration = folder.join("sentinel.conf");
            let text = format!(
                "port {port}\nbind 127.0.0.1\ndir {}\n\
                 sentinel monitor {MASTER} 127.0.0.1 {primary} {quorum}\n\
                 sentinel down-after-milliseconds {MASTER} 500\n\
                 sentinel failover-timeout {MASTER} 5000\n",
                folder.display()
            );
            std::fs::write(&configuration, text).expect("a file");
            let mut command = Command::new(found("redis-sentinel"));
            command.arg(configuration);
            command
        };
        let is_up = |_: &Path, port| connection(port).is_ok();
        Self(Daemon::start("redis-sentinel", folder, command, is_up))
    }

    fn connection(&self) -> redis::RedisResult<redis::Connection> {
        connection(self.0.port())
    }

    fn knows(&self, field: &str) -> Option<usize> {
        let mut connection = self.connection().ok()?;
        let fields: std::collections::HashMap<String, String> = redis::cmd("SENTINEL")
            .arg("MASTER")
            .arg(MASTER)
            .query(&mut connection)
            .ok()?;
        fields.get(field)?.parse().ok()
    }

    fn master_port(&self) -> Option<u16> {
        let mut connection = self.connection().ok()?;
        let address: (String, u16) = redis::cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(MASTER)
            .query(&mut connection)
            .ok()?;
        Some(address.1)
    }
}

fn connection(port: u16) -> redis::RedisResult<redis::Connection> {
    redis::Client::open(("127.0.0.1", port))?
        .get_connection_with_timeout(std::time::Duration::from_secs(2))
}
