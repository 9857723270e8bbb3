//! Where a Redis is: a server, its socket, or those that know.

use std::fmt;
use std::path::PathBuf;

use crate::store::url::host::fmt_host;

/// Where a Redis is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisPlace {
    /// One server.
    Server(RedisHost),
    /// One server, by TLS.
    Tls {
        /// The server.
        host: RedisHost,
        /// A PEM file with the certificates to trust instead of the system's.
        ca: Option<PathBuf>,
    },
    /// One server's Unix socket.
    Socket(PathBuf),
    /// The master that Sentinels agree on.
    Sentinel {
        /// The Sentinels.
        hosts: Vec<RedisHost>,
        /// The master's name.
        master: String,
    },
    /// A cluster.
    Cluster {
        /// Some of its nodes.
        hosts: Vec<RedisHost>,
    },
}

/// A host and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisHost {
    name: String,
    port: u16,
}

impl RedisHost {
    /// A host of its name or address, an IPv6 address without brackets, and its port.
    pub fn new(name: impl Into<String>, port: u16) -> Self {
        let name = name.into();
        Self { name, port }
    }

    /// The name or address.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for RedisHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_host(f, &self.name, self.port)
    }
}
