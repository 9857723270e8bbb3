//! A primary, its replicas and their Sentinels, for a test.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::server::{RedisServer, free_port, is_installed, log_of, until};

/// The name that the Sentinels have for the primary.
pub(crate) const MASTER: &str = "main";

/// Sentinels over the first of some servers, which the others replicate.
pub(crate) struct RedisSentinels {
    pub(crate) servers: Vec<RedisServer>,
    sentinels: Vec<Sentinel>,
}

struct Sentinel {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl RedisSentinels {
    /// A primary with some replicas, and Sentinels that fail over by majority.
    pub(crate) fn start(replicas: usize, sentinels: usize, arguments: &[&str]) -> Option<Self> {
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
    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self
            .sentinels
            .iter()
            .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
            .collect();
        format!("redis+sentinel://{}/{MASTER}", hosts.join(","))
    }

    /// The server that the first Sentinel names as master.
    pub(crate) fn master(&self) -> Option<&RedisServer> {
        let port = self.sentinels[0].master_port()?;
        self.servers.iter().find(|server| server.port() == port)
    }

    /// Have the Sentinels fail over, and wait until the old master has become a replica. For a
    /// while before, both take writes.
    pub(crate) fn fail_over(&self) {
        let before = self.master().map(RedisServer::port);
        let mut connection = self.sentinels[0].connection().expect("a Sentinel");
        let _: String = redis::cmd("SENTINEL")
            .arg("FAILOVER")
            .arg(MASTER)
            .query(&mut connection)
            .expect("a failover");
        until("a failover", || {
            let now = self.master().map(RedisServer::port);
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
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        let configuration = folder.path().join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\n\
             sentinel monitor {MASTER} 127.0.0.1 {primary} {quorum}\n\
             sentinel down-after-milliseconds {MASTER} 500\n\
             sentinel failover-timeout {MASTER} 5000\n",
            folder.path().display()
        );
        std::fs::write(&configuration, text).expect("a file");
        let log = File::create(folder.path().join("log")).expect("a log file");
        let child = Command::new("redis-sentinel")
            .arg(configuration)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("redis-sentinel is installed");
        let sentinel = Self {
            child,
            folder,
            port,
        };
        until("a Sentinel", || sentinel.connection().is_ok());
        sentinel
    }

    fn connection(&self) -> redis::RedisResult<redis::Connection> {
        redis::Client::open(("127.0.0.1", self.port))?
            .get_connection_with_timeout(std::time::Duration::from_secs(2))
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

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("sentinel on port {}:\n{}", self.port, log_of(&self.folder));
        }
    }
}
