//! An origin, as `--cors-origin` takes it.

use std::fmt;
use std::str::FromStr;

use warp::http::HeaderValue;

/// Where a page comes from: `scheme://host[:port]` in lower case, or `*` for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Option<HeaderValue>);

impl Origin {
    /// As a browser sends it; None for any.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        self.0.clone()
    }

    /// Whether it is `*`.
    pub(crate) fn is_any(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref().map_or(Ok("*"), HeaderValue::to_str);
        f.pad(text.map_err(|_| fmt::Error)?)
    }
}

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: expected * or scheme://host[:port], such as https://shop.example")]
pub struct ParseOriginError {
    reason: &'static str,
}

/// # Errors
///
/// It is not what a browser would send as the header `Origin`, so that it would never match.
impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        if text == "*" {
            return Ok(Self(None));
        }
        let origin = checked(text).map_err(|reason| ParseOriginError { reason })?;
        let header = HeaderValue::from_str(&origin);
        header
            .map(|header| Self(Some(header)))
            .map_err(|_| ParseOriginError {
                reason: "it holds a character that no header may",
            })
    }
}

fn checked(text: &str) -> Result<String, &'static str> {
    let text = text.to_ascii_lowercase();
    let Some((scheme, authority)) = text.split_once("://") else {
        return Err("it has no scheme");
    };
    let is_scheme_character = |c: u8| c.is_ascii_alphanumeric() || b"+-.".contains(&c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        || !scheme.bytes().all(is_scheme_character)
    {
        return Err("its scheme is none");
    }
    if authority.contains('/') {
        return Err("an origin has no path, nor a slash at its end");
    }
    if !authority.is_ascii() {
        return Err("a browser sends such a host in Punycode");
    }
    let (host, port) = split(authority)?;
    check_host(host)?;
    if let Some(port) = port {
        let is_port = port.bytes().all(|c| c.is_ascii_digit())
            && !port.starts_with('0')
            && port.parse::<u16>().is_ok();
        if !is_port {
            return Err("its port is none from 1 to 65535");
        }
        if matches!((scheme, port), ("http", "80") | ("https", "443")) {
            return Err("a browser leaves out the port that is the scheme's own");
        }
    }
    Ok(text)
}

/// Host and port.
fn split(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if !authority.starts_with('[') {
        return Ok(match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        });
    }
    let Some(end) = authority.find(']') else {
        return Err("its host is none");
    };
    let (host, rest) = authority.split_at(end + 1);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err("its host is none"),
    }
}

fn check_host(host: &str) -> Result<(), &'static str> {
    if host.contains('@') {
        return Err("an origin has no user");
    }
    if host.contains('*') {
        return Err("a * within a host is not understood");
    }
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match in_brackets {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|c| c.is_ascii_alphanumeric() || b"-._".contains(&c))
        }
    };
    if is_host {
        Ok(())
    } else {
        Err("its host is none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins() {
        for (text, shown) in [
            ("*", "*"),
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:8443", "https://shop.example:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1", "http://127.0.0.1"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for (text, why) in [
            ("", "it has no scheme"),
            ("shop.example", "it has no scheme"),
            ("null", "it has no scheme"),
            ("://shop.example", "its scheme is none"),
            ("h ttp://shop.example", "its scheme is none"),
            ("https://", "its host is none"),
            ("https://:80", "its host is none"),
            ("https://shop example", "its host is none"),
            ("https://shop.example?x", "its host is none"),
            ("https://[::1", "its host is none"),
            ("https://[::1]x", "its host is none"),
            ("https://[x]", "its host is none"),
            (
                "https://shop.example/",
                "an origin has no path, nor a slash at its end",
            ),
            (
                "https://shop.example/x",
                "an origin has no path, nor a slash at its end",
            ),
            (
                "https://*.shop.example",
                "a * within a host is not understood",
            ),
            ("https://user@shop.example", "an origin has no user"),
            (
                "https://møller.example",
                "a browser sends such a host in Punycode",
            ),
            ("https://shop.example:", "its port is none from 1 to 65535"),
            ("https://shop.example:0", "its port is none from 1 to 65535"),
            (
                "https://shop.example:65536",
                "its port is none from 1 to 65535",
            ),
            (
                "https://shop.example:+80",
                "its port is none from 1 to 65535",
            ),
            (
                "https://shop.example:443",
                "a browser leaves out the port that is the scheme's own",
            ),
            (
                "http://shop.example:80",
                "a browser leaves out the port that is the scheme's own",
            ),
        ] {
            let error = text.parse::<Origin>().unwrap_err();
            let expected =
                format!("{why}: expected * or scheme://host[:port], such as https://shop.example");
            assert_eq!(error.to_string(), expected, "{text}");
        }
    }
}
