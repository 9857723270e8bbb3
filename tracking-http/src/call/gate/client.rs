//! The address of a client, also behind proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net};
use warp::http::{HeaderMap, HeaderName};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

#[cfg(feature = "console")]
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A proxy whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proxy {
    Net(IpNet),
    /// Whoever connects to the Unix socket.
    Unix,
}

impl FromStr for Proxy {
    type Err = ParseProxyError;

    fn from_str(text: &str) -> Result<Self, ParseProxyError> {
        if text == "unix" {
            return Ok(Self::Unix);
        }
        let net = text.parse().ok();
        let host = || Some(IpNet::from(text.parse::<IpAddr>().ok()?));
        let net = net.or_else(host).ok_or(ParseProxyError::NoNet)?;
        let net = canonical(net);
        // One that is written otherwise is a slip, and would trust more than it seems to.
        if net != net.trunc() {
            let meant = net.trunc();
            return Err(ParseProxyError::HostBits { meant });
        }
        Ok(Self::Net(net))
    }
}

/// A network of IPv4 addresses that are written as IPv6 ones (`::ffff:10.0.0.0/104`) is one of IPv4: as such
/// its addresses are looked for.
fn canonical(net: IpNet) -> IpNet {
    let IpNet::V6(mapped) = net else {
        return net;
    };
    let length = mapped.prefix_len().checked_sub(MAPPED_LENGTH);
    mapped
        .addr()
        .to_ipv4_mapped()
        .zip(length)
        .and_then(|(address, length)| Ipv4Net::new(address, length).ok())
        .map_or(net, IpNet::V4)
}

/// The bits of `::ffff:0:0`, before the IPv4 address.
const MAPPED_LENGTH: u8 = (Ipv6Addr::BITS - std::net::Ipv4Addr::BITS) as u8;

/// A text that names no proxies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseProxyError {
    #[error("expected an address, a network such as 10.0.0.0/8, or `unix`")]
    NoNet,
    #[error("expected a network without bits of a host: did you mean {meant}?")]
    HostBits { meant: IpNet },
}

/// The proxies that are trusted to say for whom they ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies {
    nets: Vec<IpNet>,
    unix: bool,
}

impl FromIterator<Proxy> for Proxies {
    fn from_iter<I: IntoIterator<Item = Proxy>>(proxies: I) -> Self {
        let mut all = Self::default();
        for proxy in proxies {
            match proxy {
                Proxy::Unix => all.unix = true,
                Proxy::Net(net) => all.nets.push(net),
            }
        }
        all
    }
}

impl Proxies {
    /// Whose request this is. `peer` is the other end of the connection, none for a Unix socket.
    ///
    /// Each proxy adds to the end of `X-Forwarded-For` whom it heard the request from. So it is read from
    /// its end, for as long as those who wrote are trusted: what stands before may be forged. What is no
    /// address ends the walk, too.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        // On a socket that listens to both, IPv4 peers come as IPv6 addresses.
        let peer = peer.map(|peer| peer.to_canonical());
        if !self.is_one(peer) {
            return peer;
        }
        let fields = headers.get_all(X_FORWARDED_FOR).iter().rev();
        let hops = fields.flat_map(|field| field.as_bytes().rsplit(|&byte| byte == b','));
        let mut client = peer;
        for hop in hops {
            let Some(address) = address(hop) else {
                break;
            };
            client = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    /// Whether who connects from there is one of them.
    pub(crate) fn is_one(&self, peer: Option<IpAddr>) -> bool {
        peer.map_or(self.unix, |peer| self.trusts(peer.to_canonical()))
    }

    /// Whether the client's request came by TLS, as the nearest proxy says (X-Forwarded-Proto).
    #[cfg(feature = "console")]
    pub(crate) fn came_by_tls(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> bool {
        let said = headers.get_all(X_FORWARDED_PROTO).iter().next_back();
        let last = said.and_then(|said| said.as_bytes().rsplit(|&byte| byte == b',').next());
        self.is_one(peer)
            && last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"https"))
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.nets.iter().any(|net| net.contains(&address))
    }
}

/// An address as proxies write it: some add the port, or brackets.
fn address(hop: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(hop.trim_ascii()).ok()?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    let plain = text.parse().ok();
    let address: IpAddr = plain.or_else(bracketed).or_else(with_port)?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use warp::http::HeaderValue;

    use super::*;

    fn proxies(texts: &[&str]) -> Proxies {
        texts
            .iter()
            .map(|text| text.parse::<Proxy>().unwrap())
            .collect()
    }

    #[cfg(feature = "console")]
    #[test]
    fn tls_is_believed_of_proxies_alone() {
        for (trusted, peer, fields, expected) in [
            (&["10.0.0.1"][..], "10.0.0.1", &["https"][..], true),
            (&["10.0.0.1"], "10.0.0.1", &["http, HTTPS"], true),
            (&["10.0.0.1"], "10.0.0.1", &["https, http"], false),
            (&["10.0.0.1"], "10.0.0.1", &["https", "http"], false),
            (&["10.0.0.1"], "10.0.0.1", &[], false),
            (&["10.0.0.1"], "10.0.0.2", &["https"], false),
            (&[], "127.0.0.1", &["https"], false),
            (&["unix"], "", &["https"], true),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(X_FORWARDED_PROTO, HeaderValue::from_static(field));
            }
            let is_secure = proxies(trusted).came_by_tls(&headers, peer.parse().ok());
            assert_eq!(is_secure, expected, "{trusted:?} {peer} {fields:?}");
        }
    }

    /// Who is the client by these proxies, this peer and these fields.
    fn client(trusted: &[&str], peer: &str, fields: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(field));
        }
        let client = proxies(trusted).client(&headers, peer.parse().ok());
        client.map_or_else(|| "unknown".to_owned(), |client| client.to_string())
    }

    #[test]
    fn only_what_trusted_proxies_wrote_is_believed() {
        let trusted = &["10.0.0.0/8", "2001:db8:1::/48"][..];
        for (peer, fields, expected) in [
            // Not a proxy.
            ("192.0.2.9", &["198.51.100.1"][..], "192.0.2.9"),
            ("11.0.0.1", &["198.51.100.1"], "11.0.0.1"),
            // One proxy; the client forged what is to the left.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.7, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["10.0.0.5,198.51.100.1"], "198.51.100.1"),
            // Several fields are one list.
            ("10.0.0.1", &["203.0.113.7", "198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.1",
                &["198.51.100.1", "10.0.0.2, 10.0.0.3"],
                "198.51.100.1",
            ),
            // Nobody but proxies.
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // Garbage ends the walk at the last trusted one before it.
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, x, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1,"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, 10.0.0.256"], "10.0.0.1"),
            // Forms of an address.
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:443"], "198.51.100.1"),
            ("2001:db8:1::1", &["[2001:db8:2::1]:443"], "2001:db8:2::1"),
            ("2001:db8:1::1", &["[2001:db8:2::1]"], "2001:db8:2::1"),
            ("2001:db8:2::1", &["198.51.100.1"], "2001:db8:2::1"),
            // A Unix socket is not trusted by itself.
            ("unix", &["198.51.100.1"], "unknown"),
        ] {
            assert_eq!(client(trusted, peer, fields), expected, "{peer} {fields:?}");
        }
        let mapped = &["::ffff:10.0.0.0/104"];
        assert_eq!(client(mapped, "10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(mapped, "::ffff:10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(client(&["unix"], "unix", &["1.2.3.4, 5.6.7.8"]), "5.6.7.8");
        assert_eq!(client(&["unix"], "unix", &[]), "unknown");
        assert_eq!(client(&["unix"], "127.0.0.1", &["1.2.3.4"]), "127.0.0.1");
        assert_eq!(client(&[], "127.0.0.1", &["1.2.3.4"]), "127.0.0.1");
    }

    #[test]
    fn proxies_are_networks_addresses_or_the_unix_socket() {
        for (text, shown) in [
            ("10.0.0.1", "10.0.0.1/32"),
            ("::1", "::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            // An IPv4 address in whatever form, which is how its peer is known.
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
            ("::ffff:a00:1", "10.0.0.1/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("::10.0.0.1", "::10.0.0.1/128"),
        ] {
            assert_eq!(text.parse(), Ok(Proxy::Net(shown.parse().unwrap())));
        }
        for text in ["", "10.0.0.0/33", "localhost", "Unix", "10.0.0.0-10.0.0.9"] {
            assert_eq!(text.parse::<Proxy>(), Err(ParseProxyError::NoNet));
        }
        for (text, meant) in [
            ("10.0.0.1/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.1/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.0/95", "::fffe:0:0/95"),
        ] {
            let error = text.parse::<Proxy>().unwrap_err().to_string();
            let expected = format!("did you mean {meant}?");
            assert!(error.ends_with(&expected), "{error}");
        }
    }
}
