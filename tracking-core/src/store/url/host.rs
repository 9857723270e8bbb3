//! A host and its port, as they stand in a URL.

use std::fmt;
use std::net::Ipv6Addr;

/// `HOST[:PORT]`, where an IPv6 address stands in brackets; `None` where it is none.
pub(super) fn parse_host(text: &str, default_port: u16) -> Option<(String, u16)> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, port) = rest.split_once(']')?;
            name.parse::<Ipv6Addr>().ok()?;
            (name, port)
        }
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let shaped = |c: u8| c.is_ascii_alphanumeric() || b".-_".contains(&c);
            if !(1..=253).contains(&name.len()) || !name.bytes().all(shaped) {
                return None;
            }
            (name, port)
        }
    };
    let port = match port.strip_prefix(':') {
        // The number alone: the standard library takes a sign, too.
        Some(port) if port.bytes().all(|c| c.is_ascii_digit()) => {
            port.parse().ok().filter(|&port: &u16| port > 0)?
        }
        Some(_) => return None,
        None if port.is_empty() => default_port,
        None => return None,
    };
    Some((name.to_owned(), port))
}

/// The same as text.
pub(super) fn fmt_host(f: &mut fmt::Formatter<'_>, name: &str, port: u16) -> fmt::Result {
    match name.contains(':') {
        true => write!(f, "[{name}]:{port}"),
        false => write!(f, "{name}:{port}"),
    }
}
