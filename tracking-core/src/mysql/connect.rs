//! Sockets, whichever address of a name takes them, and the login.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use mysql::{Conn, OptsBuilder};

use crate::store::url::{MySqlPlace, MySqlUrl};

use super::fault::Fault;
use super::purpose::Purpose;
use super::tls;

/// A connection that was logged in. The time-outs bound each wait for the socket, and nothing the whole: see
/// `Connector`.
pub(super) fn connect(url: &MySqlUrl, purpose: &Purpose) -> Result<Conn, Fault> {
    let options = OptsBuilder::new()
        .user(url.user())
        .pass(url.expose_password())
        .db_name(Some(url.database()))
        // Without it the driver leaves the address that it was given for a socket that the server names, and
        // there may be another server behind that path.
        .prefer_socket(false)
        .tcp_connect_timeout(Some(url.connect_timeout()))
        .read_timeout(Some(url.timeout()))
        .write_timeout(Some(url.timeout()))
        .max_allowed_packet(purpose.packet_max)
        .stmt_cache_size(Some(purpose.prepared))
        .ssl_opts(tls::options(url)?);
    let connect =
        |options: OptsBuilder| Conn::new(options).map_err(|error| Fault::of(url, purpose, error));
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
    let mut last = Fault::Connect {
        address: url.address(),
        cause: "the name has no address".to_owned(),
    };
    for family in families(host, port).map_err(|cause| Fault::Connect {
        address: url.address(),
        cause: cause.to_string(),
    })? {
        match connect(
            options
                .clone()
                .bind_address(Some(SocketAddr::new(family, 0))),
        ) {
            Err(fault @ Fault::Connect { .. }) => last = fault,
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
