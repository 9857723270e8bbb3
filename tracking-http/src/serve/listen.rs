//! Where to listen.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use tracking_core::shown::Plain;

/// An address to listen on, as `--listen` takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Listen {
    /// `IP:PORT`, or `[IP]:PORT` for IPv6.
    Tcp(SocketAddr),
    /// `unix:PATH`.
    Unix(PathBuf),
}

impl Listen {
    /// `127.0.0.1:8080`.
    pub const DEFAULT: Self = Self::Tcp(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080));

    /// Whether this host alone can reach it.
    pub fn is_local(&self) -> bool {
        match self {
            // An IPv4 address may be written as an IPv6 one, `::ffff:127.0.0.1`.
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", Plain::of(path)),
        }
    }
}

impl FromStr for Listen {
    type Err = ParseListenError;

    fn from_str(text: &str) -> Result<Self, ParseListenError> {
        match text.strip_prefix("unix:") {
            Some("") => Err(ParseListenError),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| ParseListenError),
        }
    }
}

/// A text that is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH")]
pub struct ParseListenError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_local_from_other_addresses() {
        for (text, local) in [
            ("127.0.0.1:8080", true),
            ("127.9.9.9:0", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:8080", false),
            ("[::]:8080", false),
            ("[::ffff:10.0.0.1]:80", false),
            ("192.168.0.1:1", false),
            ("unix:/run/tracking.sock", true),
            ("unix:a", true),
        ] {
            let listen: Listen = text.parse().unwrap();
            assert_eq!(
                (listen.is_local(), listen.to_string().as_str()),
                (local, text)
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
            "unix:",
            "unix",
        ] {
            assert_eq!(text.parse::<Listen>(), Err(ParseListenError), "{text}");
        }
    }
}
