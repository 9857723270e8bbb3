//! A client with one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Failure;

/// A connection that asks and waits, again and again.
pub struct Client {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens there.
    pub fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            answers: BufReader::new(stream.try_clone()?),
            stream,
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Sends a request, head and all, and reads the answer, which must be a 200.
    ///
    /// # Errors
    /// The connection breaks, or another answer comes.
    pub fn ask(&mut self, request: &str) -> Result<(), Failure> {
        self.stream.write_all(request.as_bytes())?;
        let mut length = 0;
        self.read_line()?;
        if !self.line.starts_with("HTTP/1.1 200") {
            return Err(format!("expected a 200, found {:?}", self.line).into());
        }
        while self.line != "\r\n" {
            self.read_line()?;
            let header = self.line.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        self.body.resize(length, 0);
        self.answers.read_exact(&mut self.body)?;
        Ok(())
    }

    fn read_line(&mut self) -> Result<(), Failure> {
        self.line.clear();
        match self.answers.read_line(&mut self.line)? {
            0 => Err("the connection was closed before the answer".into()),
            _ => Ok(()),
        }
    }
}

/// Ask one connection over and over; every answer must be a 200. `each` is told how long it took.
///
/// # Errors
/// The connection breaks, or another answer comes.
pub fn ask(
    address: SocketAddr,
    request: &str,
    requests: usize,
    mut each: impl FnMut(Duration),
) -> Result<(), Failure> {
    let mut client = Client::connect(address)?;
    for _ in 0..requests {
        let began = Instant::now();
        client.ask(request)?;
        each(began.elapsed());
    }
    Ok(())
}
