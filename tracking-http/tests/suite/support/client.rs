//! A small HTTP/1.1 client that hides nothing.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// One connection, kept alive.
pub(crate) struct Client {
    stream: BufReader<Box<dyn Stream>>,
}

/// A socket of any kind.
trait Stream: Read + Write + Send {
    fn wait_at_most(&self, time: Duration);
    fn end_writing(&self);
}

impl Stream for TcpStream {
    fn wait_at_most(&self, time: Duration) {
        self.set_read_timeout(Some(time)).unwrap();
    }

    fn end_writing(&self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

impl Stream for UnixStream {
    fn wait_at_most(&self, time: Duration) {
        self.set_read_timeout(Some(time)).unwrap();
    }

    fn end_writing(&self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::try_connect(address).unwrap()
    }

    /// None where nobody listens.
    pub(crate) fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).unwrap();
        Some(Self::over(stream))
    }

    /// From this address of this host.
    pub(crate) fn connect_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        socket.set_tcp_nodelay(true).unwrap();
        Self::over(TcpStream::from(socket))
    }

    pub(crate) fn connect_unix(path: &Path) -> Self {
        Self::over(UnixStream::connect(path).unwrap())
    }

    fn over(stream: impl Stream + 'static) -> Self {
        stream.wait_at_most(PATIENCE);
        Self {
            stream: BufReader::new(Box::new(stream)),
        }
    }

    pub(crate) fn ask(&mut self, method: &str, target: &str) -> Answer {
        self.send(&format!("{method} {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.receive(method)
    }

    /// With these header lines, besides `Host`.
    pub(crate) fn ask_with(&mut self, method: &str, target: &str, headers: &[&str]) -> Answer {
        let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        self.send(&format!(
            "{method} {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n"
        ));
        self.receive(method)
    }

    /// None where the connection was closed instead.
    pub(crate) fn try_ask(&mut self, method: &str, target: &str) -> Option<Answer> {
        let request = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n\r\n");
        self.try_send(&request).then_some(())?;
        self.try_receive(method)
    }

    /// Whether the connection took it.
    pub(crate) fn try_send(&mut self, text: &str) -> bool {
        self.stream.get_mut().write_all(text.as_bytes()).is_ok()
    }

    /// None where the connection was closed instead.
    pub(crate) fn try_receive(&mut self, method: &str) -> Option<Answer> {
        let open = self.stream.fill_buf().is_ok_and(|bytes| !bytes.is_empty());
        open.then(|| self.receive(method))
    }

    /// Whether nothing comes in this time.
    pub(crate) fn is_silent_for(&mut self, time: Duration) -> bool {
        self.stream.get_ref().wait_at_most(time);
        let result = self.stream.fill_buf();
        let silent = result.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        self.stream.get_ref().wait_at_most(PATIENCE);
        silent
    }

    /// POST a body of JSON to `/tracking-numbers`.
    pub(crate) fn order_many(&mut self, accept: &str, body: &str) -> Answer {
        self.post(
            &[("content-type", "application/json"), ("accept", accept)],
            body,
        )
    }

    /// POST to `/tracking-numbers`, with these headers alone.
    pub(crate) fn post(&mut self, headers: &[(&str, &str)], body: &str) -> Answer {
        self.send_post(headers, body);
        self.receive("POST")
    }

    pub(crate) fn send_post(&mut self, headers: &[(&str, &str)], body: &str) {
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = body.len();
        self.send(&format!(
            "POST /tracking-numbers HTTP/1.1\r\nHost: test\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        ));
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn receive(&mut self, method: &str) -> Answer {
        let mut answer = self.receive_head();
        if method != "HEAD" {
            let length = answer
                .header("content-length")
                .map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            self.stream.read_exact(&mut body).unwrap();
            answer.body = String::from_utf8(body).unwrap();
        }
        answer
    }

    /// An answer without its body.
    pub(crate) fn receive_head(&mut self) -> Answer {
        let status_line = self.line();
        let status = status_line
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{status_line:?}"));
        let mut answer = Answer {
            status: status.parse().unwrap(),
            headers: Vec::new(),
            body: String::new(),
        };
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            answer
                .headers
                .push((name.to_ascii_lowercase(), value.to_owned()));
        }
        assert_eq!(
            answer.header("x-content-type-options"),
            Some("nosniff").filter(|_| answer.header("cache-control").is_some()),
            "{answer:?}"
        );
        answer
    }

    /// How many bytes come until the connection ends, in whatever way.
    pub(crate) fn count_rest(&mut self) -> u64 {
        std::io::copy(&mut self.stream, &mut std::io::sink()).unwrap_or_default()
    }

    /// Send no more.
    pub(crate) fn end_writing(&mut self) {
        self.stream.get_ref().end_writing();
    }

    /// Read so many bytes; how many came before the connection ended.
    pub(crate) fn read_exactly(&mut self, length: usize) -> usize {
        let part = &mut (&mut self.stream).take(length as u64);
        std::io::copy(part, &mut std::io::sink()).unwrap_or_default() as usize
    }

    /// What is still to come until the server closes the connection.
    pub(crate) fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        rest
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `type` of a problem that is well formed, and of the answer's status.
    #[track_caller]
    pub(crate) fn problem(&self) -> Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        assert!(
            problem["type"].as_str().unwrap().starts_with("/problems/"),
            "{self:?}"
        );
        for member in ["title", "detail"] {
            assert!(!problem[member].as_str().unwrap().is_empty(), "{self:?}");
        }
        problem
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(address: SocketAddr, method: &str, target: &str) -> Answer {
    Client::connect(address).ask(method, target)
}

pub(crate) fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
