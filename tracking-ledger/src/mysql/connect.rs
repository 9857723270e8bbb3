//! Connecting, with all that a ledger relies on set.

use std::net::ToSocketAddrs;

use mysql::{Conn, DriverError, OptsBuilder, SslOpts};

use super::connection::{MySqlConnection, error};
use crate::sql::failure::Failure;
use crate::url::MySqlUrl;

/// What each session is told. A wrong value is an error instead of another value; a session that waits for another's
/// lock gives up before its own client does.
const SETTINGS: [&str; 3] = [
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
        autocommit = 1, time_zone = '+00:00', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET NAMES utf8mb4",
];

/// Statements that are kept prepared: each of a few shapes in each of a few sizes.
const PREPARED: usize = 64;

/// The most addresses of a name that are tried.
const ADDRESSES: usize = 4;

pub(crate) fn connect(url: &MySqlUrl) -> Result<MySqlConnection, Failure> {
    let mut hosts = hosts(url).into_iter().peekable();
    loop {
        let host = hosts.next().unwrap_or_else(|| url.host().to_owned());
        match Conn::new(options(url, host)) {
            Err(mysql::Error::DriverError(
                DriverError::CouldNotConnect(_) | DriverError::ConnectTimeout,
            )) if hosts.peek().is_some() => {}
            other => return Ok(MySqlConnection::new(other.map_err(error)?)),
        }
    }
}

/// The driver gives up at the first address of a name that it cannot connect to, which for `localhost` is often one
/// that the server does not listen on. TLS needs the name itself.
fn hosts(url: &MySqlUrl) -> Vec<String> {
    if url.tls() {
        return Vec::new();
    }
    let addresses = (url.host(), url.port()).to_socket_addrs();
    let addresses = addresses.into_iter().flatten().take(ADDRESSES);
    addresses.map(|address| address.ip().to_string()).collect()
}

fn options(url: &MySqlUrl, host: String) -> OptsBuilder {
    OptsBuilder::new()
        .ip_or_hostname(Some(host))
        .tcp_port(url.port())
        // Else it goes on by the socket that the server names, and there may be another server behind that path.
        .prefer_socket(false)
        .user(Some(url.user()))
        .pass(url.expose_password())
        .db_name(Some(url.database()))
        .tcp_connect_timeout(Some(url.connect_timeout()))
        .read_timeout(Some(url.timeout()))
        .write_timeout(Some(url.timeout()))
        .stmt_cache_size(Some(PREPARED))
        .ssl_opts(tls(url))
        .init(SETTINGS.to_vec())
}

/// Mozilla's certificates, which the driver brings, and those of a file: the one that is given, or the system's.
fn tls(url: &MySqlUrl) -> Option<SslOpts> {
    if !url.tls() {
        return None;
    }
    // The driver asks for the process's provider. If there is one already, it is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let file = url
        .ca()
        .map(Into::into)
        .or_else(|| openssl_probe::probe().cert_file);
    Some(SslOpts::default().with_root_cert_path(file))
}
