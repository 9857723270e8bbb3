//! A connection to a server, with its session set up as it is needed here.

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, DriverError, OptsBuilder, Params, Row};

use crate::store::url::{MySqlPlace, MySqlUrl};

use super::fault::MySqlFault;
use super::refusal::{Refusal, RefusalKind};
use super::server::Server;
use super::tls;

/// The largest answer that is taken, in bytes.
const MOST: usize = 1 << 20;

/// A connection that was logged in to a server which will do.
pub(super) struct Connection {
    driver: Conn,
    address: String,
    pub(super) server: Server,
}

impl Connection {
    /// Connect as the URL says, log in, set the session up, and look at the server.
    pub(super) fn open(url: &MySqlUrl) -> Result<Self, MySqlFault> {
        let address = url.address();
        let mut driver = connect(url)?;
        let mut ask = || -> Result<Server, mysql::Error> {
            for setting in settings(url.timeout()) {
                driver.query_drop(setting)?;
            }
            let variables: Vec<(String, String)> = driver.query(Server::VARIABLES)?;
            Ok(Server::of(variables.into_iter().collect()))
        };
        let server = ask().map_err(|error| fault(url, error))?;
        server.check(url)?;
        Ok(Self {
            driver,
            address,
            server,
        })
    }

    /// The rows that a statement answers.
    pub(super) fn rows(
        &mut self,
        url: &MySqlUrl,
        statement: &str,
        parameters: impl Into<Params>,
    ) -> Result<Vec<Row>, MySqlFault> {
        self.driver
            .exec(statement, parameters)
            .map_err(|error| fault(url, error))
    }

    /// How many rows a statement changed.
    pub(super) fn change(
        &mut self,
        url: &MySqlUrl,
        statement: &str,
        parameters: impl Into<Params>,
    ) -> Result<u64, MySqlFault> {
        self.driver
            .exec_drop(statement, parameters)
            .map_err(|error| fault(url, error))?;
        Ok(self.driver.affected_rows())
    }

    /// That an answer is none to what was asked.
    pub(super) fn garbled(&self, found: &str) -> MySqlFault {
        MySqlFault::Garbled {
            address: self.address.clone(),
            found: found.to_owned(),
        }
    }
}

/// What the session must be, whatever the server's defaults are.
fn settings(timeout: Duration) -> [String; 2] {
    // Whole seconds, at least one: so a lock that somebody holds is told of before the time is up, if
    // that is longer, and the statement does not wait on when nobody waits for it.
    let patience = timeout.as_secs().saturating_sub(1).max(1);
    [
        format!(
            "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit = 1, \
             time_zone = '+00:00', innodb_lock_wait_timeout = {patience}, \
             lock_wait_timeout = {patience}"
        ),
        // With it the server refuses to write its binary log as statements, which would lose the write on
        // replicas, whose identity is another.
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE".to_owned(),
    ]
}

fn connect(url: &MySqlUrl) -> Result<Conn, MySqlFault> {
    let options = OptsBuilder::new()
        .user(url.user())
        .pass(url.expose_password())
        .db_name(Some(url.database()))
        // Without it the driver leaves the address that it was given for a socket that the server names.
        .prefer_socket(false)
        .tcp_connect_timeout(Some(url.connect_timeout()))
        .read_timeout(Some(url.timeout()))
        .write_timeout(Some(url.timeout()))
        .max_allowed_packet(Some(MOST))
        .ssl_opts(tls::options(url)?);
    let connect = |options: OptsBuilder| Conn::new(options).map_err(|error| fault(url, error));
    let (host, port) = match url.place() {
        MySqlPlace::Socket(path) => {
            return connect(options.socket(Some(path.to_string_lossy())));
        }
        MySqlPlace::Server { host, port } | MySqlPlace::Tls { host, port, .. } => (host, *port),
    };
    let in_url = match host.contains(':') {
        true => format!("[{host}]"),
        false => host.clone(),
    };
    let options = options.ip_or_hostname(Some(in_url)).tcp_port(port);
    // Of several addresses the driver gives up at the first that refuses, as `localhost` does by IPv6
    // where the server listens by IPv4 alone. Only of one family it tries them all.
    let mut last = MySqlFault::Connect {
        address: url.address(),
        cause: "the name has no address".to_owned(),
    };
    for family in families(host, port).map_err(|cause| MySqlFault::Connect {
        address: url.address(),
        cause: cause.to_string(),
    })? {
        match connect(
            options
                .clone()
                .bind_address(Some(SocketAddr::new(family, 0))),
        ) {
            Err(fault @ MySqlFault::Connect { .. }) => last = fault,
            done => return done,
        }
    }
    Err(last)
}

/// Any own address of each family in which a host has addresses, in the order of those.
fn families(host: &str, port: u16) -> io::Result<Vec<IpAddr>> {
    let mut families = Vec::new();
    for address in (host, port).to_socket_addrs()? {
        let any = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        if !families.contains(&any) {
            families.push(any);
        }
    }
    Ok(families)
}

/// What an error of the driver means.
fn fault(url: &MySqlUrl, error: mysql::Error) -> MySqlFault {
    let address = url.address();
    match error {
        mysql::Error::IoError(error) => of_socket(url, &error),
        mysql::Error::CodecError(error) => match error.source().and_then(|e| e.downcast_ref()) {
            Some(error) => of_socket(url, error),
            None => MySqlFault::Garbled {
                address,
                found: error.to_string(),
            },
        },
        mysql::Error::MySqlError(error) => {
            let refusal = Refusal::of(error.code, &error.message, url);
            match refusal.kind {
                RefusalKind::ReadOnly => MySqlFault::ReadOnly { address },
                _ => MySqlFault::Refused { address, refusal },
            }
        }
        mysql::Error::DriverError(DriverError::ConnectTimeout) => MySqlFault::ConnectTimeout {
            address,
            within: url.connect_timeout(),
        },
        mysql::Error::DriverError(DriverError::CouldNotConnect(Some((_, cause, _)))) => {
            MySqlFault::Connect { address, cause }
        }
        mysql::Error::DriverError(DriverError::TlsNotSupported) => MySqlFault::NoTls { address },
        mysql::Error::TlsError(error) => MySqlFault::Tls {
            address,
            cause: error.to_string(),
        },
        error => MySqlFault::Garbled {
            address,
            found: error.to_string(),
        },
    }
}

fn of_socket(url: &MySqlUrl, error: &io::Error) -> MySqlFault {
    let address = url.address();
    let cause = error.to_string();
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => MySqlFault::NoAnswer {
            address,
            within: url.timeout(),
        },
        _ if error
            .get_ref()
            .is_some_and(|inner| inner.is::<rustls::Error>()) =>
        {
            MySqlFault::Tls { address, cause }
        }
        _ => MySqlFault::Broken { address, cause },
    }
}
