//! Connects to a server, logs in, and checks that it will do.

use std::error::Error;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

use redis::cmd;
use rustls::ClientConfig;

use crate::fork::PerProcess;
use crate::shown::Plain;
use crate::store::url::{RedisPlace, RedisUrl};

use super::connection::{Connection, is_timeout};
use super::deadline::Deadline;
use super::fault::RedisFault;
use super::info::Info;
use super::stream::{Address, Dial, Stream};
use super::tls;

/// How many attempts to connect may be under way at once, each on a thread of its own.
const CONNECTING: usize = 4;

/// Connects as the URL says: with its login, its database, its certificates and its time-out.
pub(super) struct Connector {
    url: RedisUrl,
    /// Held by each attempt that is under way, so that its count is their number.
    connecting: PerProcess<Arc<()>>,
    /// Takes the place of sockets in a simulation.
    dial: Option<Arc<dyn Dial>>,
}

impl Connector {
    pub(super) fn new(url: RedisUrl, dial: Option<Arc<dyn Dial>>) -> Self {
        Self {
            url,
            dial,
            connecting: PerProcess::default(),
        }
    }

    pub(super) fn url(&self) -> &RedisUrl {
        &self.url
    }

    /// A connection to a server that must be a primary.
    pub(super) fn primary(
        &self,
        address: Address,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let connection = self.connect(address, deadline)?;
        self.checked(connection, deadline)
    }

    /// Logs in, picks the database, and checks that this is a primary of a version that will do.
    pub(super) fn checked(
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

    /// Logs in, where the URL has a user or a password.
    pub(super) fn log_in(
        &self,
        connection: &mut Connection,
        deadline: Deadline,
    ) -> Result<(), RedisFault> {
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

    /// Connects on another thread: name resolution has no time-out, nor has a Unix socket whose
    /// backlog is full, and several addresses of one name take one time-out each.
    pub(super) fn connect(
        &self,
        address: Address,
        deadline: Deadline,
    ) -> Result<Connection, RedisFault> {
        let connecting = self.connecting.get(Default::default);
        let attempts = Arc::strong_count(connecting) - 1;
        if attempts >= CONNECTING {
            return Err(RedisFault::Crowded { attempts });
        }
        let tls = self.trusted()?;
        let (shown, host) = match &address {
            Address::Host(host) => (host.to_string(), Some(host.clone())),
            Address::Socket(path) => (Plain::of(path).to_string(), None),
        };
        let whole = deadline.share(1, self.url.connect_timeout());
        let within = whole.left().ok_or(RedisFault::TooLate {
            within: deadline.whole(),
        })?;
        let failed = |cause: Arc<dyn Error + Send + Sync>| RedisFault::Connect {
            address: shown.clone(),
            cause,
        };
        if let Some(dial) = &self.dial {
            let stream = dial.dial(&shown).map_err(|error| failed(Arc::new(error)))?;
            return Ok(Connection::new(Stream::Brought(stream), shown, host));
        }
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

    /// Whom a connection by TLS trusts; `None` for one in the clear.
    fn trusted(&self) -> Result<Option<Arc<ClientConfig>>, RedisFault> {
        let RedisPlace::Tls { ca, .. } = self.url.place() else {
            return Ok(None);
        };
        let config = tls::config(ca.as_deref()).map_err(|cause| RedisFault::Certificates {
            path: ca.clone().unwrap_or_else(|| "the system".into()),
            cause: Arc::new(cause),
        })?;
        Ok(Some(config))
    }
}
