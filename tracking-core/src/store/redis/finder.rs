//! Finds the server that is in charge of a series, and connects to it.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use redis::{Value, cmd};

use crate::fork::PerProcess;
use crate::store::url::{RedisHost, RedisPlace, RedisUrl};

use super::cluster;
use super::connection::{Connection, is_timeout};
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::info::Info;
use super::refusal::RefusalKind;
use super::stream::{Address, Stream};
use super::text::{host_of, text};
use super::tls;

/// How many attempts to connect may be under way at once, each on a thread of its own.
const CONNECTING: usize = 4;

/// Finds and connects.
pub(super) struct Finder {
    pub(super) url: RedisUrl,
    /// Nodes of the cluster that others have told of, beside those that the URL names.
    nodes: PerProcess<Mutex<Vec<RedisHost>>>,
    /// Held by each attempt that is under way, so that its count is their number.
    connecting: PerProcess<Arc<()>>,
}

impl Finder {
    pub(super) fn new(url: RedisUrl) -> Self {
        Self {
            url,
            nodes: PerProcess::default(),
            connecting: PerProcess::default(),
        }
    }

    /// A connection to the server that takes this series' writes.
    pub(super) fn find(&self, deadline: Deadline) -> Result<Connection, RedisFault> {
        match self.url.place() {
            RedisPlace::Server(host) => self.primary(host, deadline),
            RedisPlace::Tls { host, .. } => self.primary(host, deadline),
            RedisPlace::Socket(path) => {
                let address = Address::Socket(path.clone());
                let shown = crate::shown::Plain::of(path).to_string();
                self.checked(self.connect(address, shown, None, deadline)?, deadline)
            }
            RedisPlace::Sentinel { hosts, master } => self.find_master(hosts, master, deadline),
            RedisPlace::Cluster { hosts } => self.find_owner(hosts, deadline),
        }
    }

    /// A connection to a server that must be a primary.
    pub(super) fn primary(
        &self,
        host: &RedisHost,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let connection = self.connect_host(host, deadline)?;
        self.checked(connection, deadline)
    }

    /// Asks each Sentinel for the master, and the server that it names whether it is one. Right
    /// after a failover a Sentinel may still name the old one.
    fn find_master(
        &self,
        hosts: &[RedisHost],
        master: &str,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let mut told = Vec::new();
        for (index, host) in hosts.iter().enumerate() {
            let share = deadline.share(hosts.len() - index, deadline.whole());
            let connection = self
                .ask_sentinel(host, master, share)
                .and_then(|found| self.primary(&found, share));
            match connection {
                Ok(connection) => return Ok(connection),
                // The master's own error, which no other Sentinel would change.
                Err(fault) if hosts.len() == 1 || lasting(&fault) => return Err(fault),
                Err(fault) => told.push(format!("{host}: {fault}")),
            }
        }
        Err(RedisFault::NoMaster { told })
    }

    fn ask_sentinel(
        &self,
        host: &RedisHost,
        master: &str,
        deadline: Deadline,
    ) -> Result<RedisHost, RedisFault> {
        let mut connection = self.connect_host(host, deadline)?;
        let question = || {
            cmd("SENTINEL")
                .arg("GET-MASTER-ADDR-BY-NAME")
                .arg(master)
                .take()
        };
        let answer = match connection.ask(question(), deadline) {
            // Most Sentinels have no password; one that has is given the same.
            Err(RedisFault::Refused { refusal, .. }) if refusal.kind == RefusalKind::NoLogin => {
                self.log_in(&mut connection, deadline)?;
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

    /// Asks one node after the other who owns the slot, those first that were told of last.
    fn find_owner(
        &self,
        seeds: &[RedisHost],
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let mut nodes = self.known_nodes().clone();
        nodes.extend(
            seeds
                .iter()
                .filter(|&seed| !nodes.contains(seed))
                .cloned()
                .collect::<Vec<_>>(),
        );
        let mut told = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let share = deadline.share(nodes.len() - index, deadline.whole());
            match self.ask_node(node, share) {
                Ok(connection) => return Ok(connection),
                Err(fault) if lasting(&fault) => return Err(fault),
                Err(fault) => told.push(format!("{node}: {fault}")),
            }
        }
        Err(RedisFault::NoNode { told })
    }

    fn ask_node(&self, node: &RedisHost, deadline: Deadline) -> Result<Connection, RedisFault> {
        let mut connection = self.connect_host(node, deadline)?;
        self.log_in(&mut connection, deadline)?;
        let slots = connection.ask(cmd("CLUSTER").arg("SLOTS").take(), deadline)?;
        let map = cluster::Map::of(&slots, node);
        let Some(owner) = map.owner else {
            return Err(connection.garbled("no owner of the slot of {tracking}"));
        };
        *self.known_nodes() = map.nodes;
        if owner == *node {
            return self.checked(connection, deadline);
        }
        self.primary(&owner, deadline)
    }

    /// A connection to the node that another one sent us to; an empty name is that one's own.
    pub(super) fn follow(
        &self,
        host: RedisHost,
        asking: bool,
        from: &Connection,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let host = match &from.host {
            Some(own) if host.name().is_empty() => RedisHost::new(own.name(), host.port()),
            _ => host,
        };
        let mut connection = self.primary(&host, deadline)?;
        connection.asking = asking;
        Ok(connection)
    }

    fn known_nodes(&self) -> std::sync::MutexGuard<'_, Vec<RedisHost>> {
        let nodes = self.nodes.get(Default::default);
        nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs in, picks the database, and checks that this is a primary of a version that will do.
    fn checked(
        &self,
        mut connection: Connection,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        self.log_in(&mut connection, deadline)?;
        if self.url.database() > 0 {
            let select = cmd("SELECT").arg(self.url.database()).take();
            connection.ask(select, deadline)?;
        }
        let sections = ["server", "replication"].map(|section| cmd("INFO").arg(section).take());
        let [server, replication] = connection.ask_all(sections, deadline)?;
        let (server, replication) = (Info::of(&server), Info::of(&replication));
        let Some(version) = server.field("redis_version") else {
            return Err(connection.garbled("no redis_version in INFO"));
        };
        let major = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok());
        if major.unwrap_or(0) < 5 {
            return Err(RedisFault::TooOld {
                address: connection.address,
                version: version.to_owned(),
            });
        }
        connection.is_primary(&replication)?;
        connection.run_id = server.field("run_id").unwrap_or_default().to_owned();
        Ok(connection)
    }

    fn log_in(&self, connection: &mut Connection, deadline: Deadline) -> Result<(), RedisFault> {
        let (user, password) = (self.url.user(), self.url.expose_password());
        if user.is_none() && password.is_none() {
            return Ok(());
        }
        let mut command = cmd("AUTH");
        if let Some(user) = user {
            command.arg(user);
        }
        connection.ask(command.arg(password.unwrap_or_default()).take(), deadline)?;
        Ok(())
    }

    fn connect_host(&self, host: &RedisHost, deadline: Deadline) -> Result<Connection, RedisFault> {
        let address = Address::Host(host.clone());
        self.connect(address, host.to_string(), Some(host.clone()), deadline)
    }

    /// Connects on another thread: name resolution has no time-out, nor has a Unix socket whose
    /// backlog is full, and several addresses of one name take one time-out each.
    fn connect(
        &self,
        address: Address,
        shown: String,
        host: Option<RedisHost>,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let connecting = self.connecting.get(Default::default);
        let attempts = Arc::strong_count(connecting) - 1;
        if attempts >= CONNECTING {
            return Err(RedisFault::Crowded { attempts });
        }
        let tls =
            match self.url.place() {
                RedisPlace::Tls { ca, .. } => Some(tls::config(ca.as_deref()).map_err(
                    |source| RedisFault::Certificates {
                        path: ca.clone().unwrap_or_else(|| "the system".into()),
                        source: Arc::new(source),
                    },
                )?),
                _ => None,
            };
        let whole = deadline.share(1, self.url.connect_timeout());
        let within = whole.left().ok_or(RedisFault::TooLate {
            within: deadline.whole(),
        })?;
        let failed = |source: Arc<dyn std::error::Error + Send + Sync>| RedisFault::Connect {
            address: shown.clone(),
            source,
        };
        let (sender, receiver) = sync_channel(1);
        let attempt = Arc::clone(connecting);
        thread::Builder::new()
            .name("tracking-connect".to_owned())
            .spawn(move || {
                let stream = Stream::connect(&address, tls, whole);
                drop(attempt);
                // Nobody waits for one that is late; it is closed here.
                let _late = sender.send(stream);
            })
            .map_err(|error| failed(Arc::new(error)))?;
        match receiver.recv_timeout(within) {
            Ok(Ok(stream)) => Ok(Connection::new(stream, shown, host)),
            Ok(Err(error)) if !is_timeout(&error) => Err(failed(Arc::new(error))),
            Ok(Err(_)) | Err(RecvTimeoutError::Timeout) => Err(RedisFault::ConnectTimeout {
                address: shown,
                within,
            }),
            Err(error @ RecvTimeoutError::Disconnected) => Err(failed(Arc::new(error))),
        }
    }
}

/// Whether the fault is that of a server that was found, and stays until somebody acts.
fn lasting(fault: &RedisFault) -> bool {
    match fault {
        RedisFault::Refused { refusal, .. } => refusal.kind.lasts(),
        RedisFault::TooOld { .. } => true,
        _ => false,
    }
}
