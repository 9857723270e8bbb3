//! `tracking-http health`: asks a server on this host how it is, for what can start programs but ask nothing
//! itself: a container's health check, a unit.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tracking_core::shown::Plain;

use crate::program::period::Period;
use crate::program::welcome::reachable;
use crate::serve::{Listen, ParseListenError};

/// What of an answer is read: far more than any of ours has.
const ANSWER_MAX: u64 = 64 * 1024;

/// Ask the server on this host whether it is ready, and exit with 0 if it is, else with 1
///
/// For HEALTHCHECK of a container, and for units: no curl is needed. Why it is not ready goes to stderr.
#[derive(Debug, clap::Args)]
pub struct HealthArgs {
    /// Where it listens
    ///
    /// As --listen takes it; http:// before it does no harm. Where that is every address of the host, the
    /// loopback address is asked.
    #[arg(
        value_name = "IP:PORT|unix:PATH",
        env = "TRACKING_LISTEN",
        hide_env_values = true,
        default_value_t = Asked(Listen::DEFAULT)
    )]
    address: Asked,

    /// Ask /livez rather than /readyz: only whether it answers at all
    #[arg(long)]
    live: bool,

    /// How long it may take
    #[arg(
        long,
        value_name = "TIME",
        value_parser = Period::positive,
        default_value_t = Period::new(Duration::from_secs(3))
    )]
    timeout: Period,
}

/// The address of a server that is asked.
#[derive(Debug, Clone)]
struct Asked(Listen);

impl FromStr for Asked {
    type Err = ParseListenError;

    fn from_str(text: &str) -> Result<Self, ParseListenError> {
        let address = text.strip_prefix("http://").unwrap_or(text);
        let address = match address.starts_with("unix:") {
            true => address,
            false => address.strip_suffix('/').unwrap_or(address),
        };
        Ok(Self(match address.parse()? {
            Listen::Tcp(address) => Listen::Tcp(reachable(address)),
            unix @ Listen::Unix(_) => unix,
        }))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a server is not well.
#[derive(Debug, thiserror::Error)]
#[error("{address} {path}: {what}")]
pub struct Unwell {
    address: String,
    path: &'static str,
    what: String,
}

impl HealthArgs {
    /// Ask. Blocks for no longer than the time that was given.
    ///
    /// # Errors
    /// Nothing answers, not in time, or something else than 200.
    pub fn ask(&self) -> Result<(), Unwell> {
        let path = if self.live { "/livez" } else { "/readyz" };
        let (answer, answered) = mpsc::channel();
        let address = self.address.0.clone();
        // A thread that hangs ends with the process. No part of this needs a time-out of its own then.
        thread::spawn(move || answer.send(ask(&address, path)));
        let what = match answered.recv_timeout(self.timeout.get()) {
            Ok(Ok(answer)) => match refusal(&answer) {
                None => return Ok(()),
                Some(refusal) => refusal,
            },
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {}", self.timeout),
        };
        Err(Unwell {
            address: self.address.to_string(),
            path,
            what,
        })
    }
}

fn ask(address: &Listen, path: &str) -> io::Result<Vec<u8>> {
    match address {
        Listen::Tcp(address) => exchange(TcpStream::connect(address)?, path),
        Listen::Unix(path_of_socket) => exchange(UnixStream::connect(path_of_socket)?, path),
    }
}

fn exchange(mut stream: impl Read + Write, path: &str) -> io::Result<Vec<u8>> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_MAX).read_to_end(&mut answer)?;
    Ok(answer)
}

/// What an answer says, unless it is 200: its status, and what a problem says.
fn refusal(answer: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let line = head.lines().next().unwrap_or_default();
    let status = match line.split_once(' ') {
        Some((version, status)) if version.starts_with("HTTP/1.") => status,
        _ => return Some("what answers speaks no HTTP".to_owned()),
    };
    if status.split(' ').next() == Some("200") {
        return None;
    }
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let told = ["title", "detail"].map(|member| problem[member].as_str());
    let told = told.into_iter().flatten();
    let told = [status].into_iter().chain(told).collect::<Vec<_>>();
    let told = told.join(": ");
    Some(Plain::of(&told).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_the_server_takes_it() {
        for (text, asked) in [
            ("127.0.0.1:8080", Some("127.0.0.1:8080")),
            ("0.0.0.0:80", Some("127.0.0.1:80")),
            ("[::]:80", Some("[::1]:80")),
            ("http://10.0.0.7:80", Some("10.0.0.7:80")),
            ("http://10.0.0.7:80/", Some("10.0.0.7:80")),
            ("unix:/run/a/", Some("unix:/run/a/")),
            ("https://10.0.0.7:80", None),
            ("http://10.0.0.7:80/readyz", None),
            ("localhost:80", None),
        ] {
            let found = text.parse::<Asked>().ok().map(|asked| asked.to_string());
            assert_eq!(found.as_deref(), asked, "{text}");
        }
    }

    #[test]
    fn only_200_is_well() {
        for (answer, refused) in [
            ("HTTP/1.1 200 OK\r\n\r\nready\n", None),
            ("HTTP/1.0 200\r\n\r\n", None),
            (
                "HTTP/1.1 503 Service Unavailable\r\na: b\r\n\r\n{\"title\":\"T\",\"detail\":\"ends\\u001b[2J\"}",
                Some("503 Service Unavailable: T: ends\\x1b[2J"),
            ),
            (
                "HTTP/1.1 404 Not Found\r\n\r\n<html>",
                Some("404 Not Found"),
            ),
            ("HTTP/1.1 2000 OK\r\n\r\n", Some("2000 OK")),
            ("SSH-2.0-OpenSSH\r\n", Some("what answers speaks no HTTP")),
            ("", Some("what answers speaks no HTTP")),
        ] {
            assert_eq!(refusal(answer.as_bytes()).as_deref(), refused, "{answer:?}");
        }
    }
}
