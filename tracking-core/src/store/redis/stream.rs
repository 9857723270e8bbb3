//! A socket on which everything ends when its call does.
//!
//! The time-out of a socket bounds one read: a peer that sends a byte now and then is waited for
//! without end. So each read and write here takes what is left of the whole call, the handshake of
//! TLS among them.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::store::url::RedisHost;

use super::deadline::Deadline;

/// Where a server listens.
#[derive(Debug, Clone)]
pub(super) enum Address {
    Host(RedisHost),
    Socket(PathBuf),
}

/// A connection, in the clear or by TLS.
pub(super) enum Stream {
    Plain(Timed),
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
    Brought(Box<dyn Wire>),
}

/// A connection that a simulation brings: it ends its reads by itself.
pub trait Wire: Read + Write + Send {
    /// Whether nothing has come that was not read.
    ///
    /// # Errors
    /// The peer has closed it.
    fn is_quiet(&self) -> io::Result<bool>;
}

/// Connects, in a simulation.
pub trait Dial: Send + Sync {
    /// A connection to that host and port.
    ///
    /// # Errors
    /// There is none to be had.
    fn dial(&self, address: &str) -> io::Result<Box<dyn Wire>>;
}

/// A socket and the end of the present call.
pub(super) struct Timed {
    socket: Socket,
    deadline: Deadline,
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Connect, and shake hands where that is wanted. A name may have several addresses.
    pub(super) fn connect(
        address: &Address,
        tls: Option<Arc<ClientConfig>>,
        deadline: Deadline,
    ) -> io::Result<Self> {
        let (socket, name) = match address {
            Address::Host(host) => (Socket::Tcp(connect_tcp(host, deadline)?), host.name()),
            // That blocks where its backlog is full: who waits for it does so elsewhere.
            Address::Socket(path) => (Socket::Unix(UnixStream::connect(path)?), ""),
        };
        let mut socket = Timed { socket, deadline };
        let Some(tls) = tls else {
            return Ok(Self::Plain(socket));
        };
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(tls, name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(session, socket))))
    }

    /// From now on everything ends then.
    pub(super) fn end_at(&mut self, deadline: Deadline) {
        match self {
            Self::Plain(socket) => socket.deadline = deadline,
            Self::Tls(stream) => stream.sock.deadline = deadline,
            Self::Brought(_) => {}
        }
    }

    /// Look whether anything has come that nobody asked for: an error where it has, or where the
    /// peer has closed. What TLS has for its own use cannot be told from that, and is let be.
    pub(super) fn is_quiet(&self) -> io::Result<bool> {
        let socket = match self {
            Self::Plain(socket) => socket,
            Self::Tls(_) => return Ok(true),
            Self::Brought(wire) => return wire.is_quiet(),
        };
        let mut byte = [0];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        match recv(socket.socket.as_fd(), &mut byte, flags) {
            Ok((_, 0)) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => Ok(false),
            Err(Errno::AGAIN | Errno::INTR) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

fn connect_tcp(host: &RedisHost, deadline: Deadline) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in (host.name(), host.port()).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, left(deadline)?) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn left(deadline: Deadline) -> io::Result<Duration> {
    deadline
        .left()
        .ok_or_else(|| io::ErrorKind::TimedOut.into())
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = Some(left(self.deadline)?);
        match &mut self.socket {
            Socket::Tcp(socket) => {
                socket.set_read_timeout(left)?;
                socket.read(buffer)
            }
            Socket::Unix(socket) => {
                socket.set_read_timeout(left)?;
                socket.read(buffer)
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = Some(left(self.deadline)?);
        match &mut self.socket {
            Socket::Tcp(socket) => {
                socket.set_write_timeout(left)?;
                socket.write(bytes)
            }
            Socket::Unix(socket) => {
                socket.set_write_timeout(left)?;
                socket.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::Brought(wire) => wire.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::Brought(wire) => wire.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
            Self::Brought(wire) => wire.flush(),
        }
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(socket) => socket.as_fd(),
            Self::Unix(socket) => socket.as_fd(),
        }
    }
}
