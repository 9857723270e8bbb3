//! What the user is told once the server serves.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tracking_core::series::Fingerprint;
use tracking_core::shown::Plain;
use tracking_core::{OpenStore, Prefix, SeriesName, StoreUrl};
use tracking_programs::tokens::Count;

use crate::serve::Listen;

/// The lines on stderr, without a last line end: where, which store and series, and how to try it.
#[derive(Debug, Clone)]
pub struct Welcome {
    listen: Listen,
    /// The store, as a redacted URL.
    store: String,
    series: SeriesLine,
    /// If tokens are needed.
    tokens: Option<Count>,
}

impl Welcome {
    pub(crate) fn new(
        listen: Listen,
        url: &StoreUrl,
        store: &dyn OpenStore,
        tokens: Option<Count>,
    ) -> Self {
        Self {
            listen,
            store: url.to_string(),
            series: SeriesLine::new(url, store),
            tokens,
        }
    }
}

/// Which series, in a line.
#[derive(Debug, Clone)]
pub(super) struct SeriesLine {
    name: SeriesName,
    prefix: Prefix,
    fingerprint: Fingerprint,
    /// How far the series reaches, where the store is this host's alone.
    reach: Option<&'static str>,
}

impl SeriesLine {
    pub(super) fn new(url: &StoreUrl, store: &dyn OpenStore) -> Self {
        let series = store.series();
        Self {
            name: series.name().clone(),
            prefix: series.prefix(),
            fingerprint: series.fingerprint(),
            reach: match url {
                StoreUrl::Memory => Some("this process's alone, and ends with it"),
                url if url.is_local() => Some("this file's alone"),
                _ => None,
            },
        }
    }
}

impl fmt::Display for SeriesLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            prefix,
            fingerprint,
            reach,
        } = self;
        let prefix = prefix.as_str();
        write!(
            f,
            "series: {name}, prefix {prefix:?}, fingerprint {fingerprint}"
        )?;
        match reach {
            Some(reach) => write!(f, "; this series is {reach}"),
            None => Ok(()),
        }
    }
}

/// An address that a client on this host can use.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

const SAMPLE: &str =
    "/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200";

impl fmt::Display for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            listen,
            store,
            series,
            tokens,
        } = self;
        match listen {
            Listen::Tcp(address) => writeln!(f, "listening on http://{address}")?,
            Listen::Unix(_) => writeln!(f, "listening on {listen}")?,
        }
        write!(f, "store: {store}\n{series}")?;
        let header = match tokens {
            None => "",
            Some(count) => {
                write!(f, "\nwho may: {count}")?;
                "-H 'Authorization: Bearer TOKEN' "
            }
        };
        match listen {
            Listen::Tcp(address) => {
                let address = reachable(*address);
                write!(f, "\ntry it: curl {header}'http://{address}{SAMPLE}'")
            }
            Listen::Unix(path) => {
                // As a shell takes it.
                let path = Plain::of(path).to_string().replace('\'', r"'\''");
                write!(
                    f,
                    "\ntry it: curl --unix-socket '{path}' {header}'http://localhost{SAMPLE}'"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tracking_core::{Key, MemoryAllocator, Series};

    use super::*;

    fn welcome(address: &str, url: &str) -> String {
        let key = Key::from_bytes([7; 16]);
        let series = Series::new(SeriesName::default(), "AB".parse().unwrap(), key, 0);
        let store = MemoryAllocator::with_series(series);
        Welcome::new(
            address.parse().unwrap(),
            &url.parse().unwrap(),
            &store,
            None,
        )
        .to_string()
    }

    #[test]
    fn says_where_which_series_and_how_to_try_it() {
        let fingerprint = Fingerprint::of("AB".parse().unwrap(), &Key::from_bytes([7; 16]));
        assert_eq!(
            welcome("127.0.0.1:81", "file:/var/a.series"),
            format!(
                "listening on http://127.0.0.1:81\n\
                 store: file:/var/a.series\n\
                 series: default, prefix \"AB\", fingerprint {fingerprint}; this series is this file's alone\n\
                 try it: curl 'http://127.0.0.1:81/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200'"
            )
        );
    }

    #[test]
    fn the_address_to_try_is_one_that_can_be_reached() {
        for (address, shown) in [
            ("0.0.0.0:82", "http://127.0.0.1:82/"),
            ("[::]:82", "http://[::1]:82/"),
            ("10.1.2.3:82", "http://10.1.2.3:82/"),
        ] {
            let text = welcome(address, "memory:");
            assert!(text.contains(&format!("try it: curl '{shown}")), "{text}");
            assert!(
                text.contains("this process's alone, and ends with it"),
                "{text}"
            );
        }
    }
}
