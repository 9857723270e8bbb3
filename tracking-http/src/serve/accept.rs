//! Accepting connections, whatever the system says to it.

use std::future::poll_fn;
use std::io;
use std::net;
use std::os::fd::AsFd;
use std::os::unix::net as unix_net;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::serve::stream::Socket;
use crate::serve::unix::UnixSocket;
use crate::watch::logging::Throttle;

/// How long to wait where the system has no file descriptors or memory left: long enough to burn no
/// processor, short enough that no caller notices once there are some again.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(20);

/// Where connections come in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// By an IP address and a port.
    Tcp(TcpListener),
    /// By a Unix socket, which is removed in the end.
    Unix(UnixSocket),
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self::Tcp(listener)
    }
}

impl From<UnixSocket> for Listener {
    fn from(socket: UnixSocket) -> Self {
        Self::Unix(socket)
    }
}

impl Listener {
    fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<Socket>> {
        Poll::Ready(match self {
            Self::Tcp(listener) => {
                let (stream, peer) = ready!(listener.poll_accept(context))?;
                Ok(Socket::tcp(stream.into_std()?, peer))
            }
            Self::Unix(socket) => {
                let stream = ready!(socket.poll_accept(context))?;
                Ok(Socket::Unix(stream.into_std()?))
            }
        })
    }

    /// Ask the system itself, since the runtime hears from it only now and then.
    fn accept_now(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => {
                let listener = net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
                let (stream, peer) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok(Socket::tcp(stream, peer))
            }
            Self::Unix(socket) => {
                let listener = unix_net::UnixListener::from(socket.as_fd().try_clone_to_owned()?);
                let (stream, _peer) = listener.accept()?;
                stream.set_nonblocking(true)?;
                Ok(Socket::Unix(stream))
            }
        }
    }
}

/// A listener that never fails.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listener: Listener,
    log: Throttle,
}

impl Acceptor {
    pub(crate) fn new(listener: Listener) -> Self {
        Self {
            listener,
            log: Throttle::default(),
        }
    }

    /// The next connection. Safe to cancel: none is lost.
    pub(crate) async fn next(&self) -> Socket {
        loop {
            match poll_fn(|context| self.listener.poll_accept(context)).await {
                Ok(socket) => return socket,
                // That one connection failed, before it was accepted.
                Err(error) if is_of_the_peer(&error) => {}
                Err(error) => {
                    if self.log.may_log() {
                        tracing::error!("cannot accept connections: {error}");
                    }
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                }
            }
        }
    }

    /// A connection that the system has accepted already, if there is one.
    pub(crate) fn waiting(&self) -> Option<Socket> {
        loop {
            match self.listener.accept_now() {
                Ok(socket) => return Some(socket),
                Err(error) if is_of_the_peer(&error) => {}
                Err(_) => return None,
            }
        }
    }
}

fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted,
        NetworkDown, NetworkUnreachable, TimedOut,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | TimedOut
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::unix::UnixSocket;

    #[tokio::test]
    async fn who_waits_when_the_server_ends_is_found() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = Acceptor::new(listener.into());
        assert!(acceptor.waiting().is_none());
        let clients = [(); 2].map(|()| net::TcpStream::connect(address).unwrap());
        let accepted = [acceptor.waiting(), acceptor.waiting()];
        assert!(accepted.iter().all(Option::is_some));
        assert!(acceptor.waiting().is_none());
        drop(clients);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let acceptor = Acceptor::new(UnixSocket::bind(&path).unwrap().into());
        let client = unix_net::UnixStream::connect(&path).unwrap();
        let accepted = acceptor.waiting();
        assert!(accepted.is_some());
        assert!(acceptor.waiting().is_none());
        drop(client);
    }
}
