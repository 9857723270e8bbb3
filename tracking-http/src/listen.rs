//! Where to listen.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// An address to listen on, as `--listen` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listen {
    /// `IP:PORT`, or `[IP]:PORT` for IPv6.
    Tcp(SocketAddr),
}

impl Listen {
    /// `127.0.0.1:8080`.
    pub const DEFAULT: Self = Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));

    /// Whether this host alone can reach it.
    pub fn is_loopback(&self) -> bool {
        match self {
            // An IPv4 address may be written as an IPv6 one, `::ffff:127.0.0.1`.
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
        }
    }
}

impl FromStr for Listen {
    type Err = ParseListenError;

    fn from_str(text: &str) -> Result<Self, ParseListenError> {
        text.parse().map(Self::Tcp).map_err(|_| ParseListenError)
    }
}

/// A text that is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")]
pub struct ParseListenError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_loopback_from_other_addresses() {
        for (text, loopback) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9:0", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("[::ffff:10.0.0.1]:80", false),
            ("192.168.0.1:1", false),
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(
                (listen.is_loopback(), listen.to_string().as_str()),
                (loopback, text)
            );
        }
        assert_eq!(Listen::DEFAULT, "127.0.0.1:8080".parse().unwrap());
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in [
            "",
            "8080",
            ":8080",
            "127.0.0.1",
            "127.0.0.1:99999",
            "::1:80",
            "shop:80",
        ] {
            assert_eq!(text.parse::<Listen>(), Err(ParseListenError), "{text}");
        }
    }
}
