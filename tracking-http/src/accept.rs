//! Accepting connections, whatever the system says to it.

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::logging::Throttle;

/// How long to wait where the system has no file descriptors or memory left: long enough to burn no
/// processor, short enough that no caller notices once there are some again.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(20);

/// A listener that never fails.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listener: TcpListener,
    log: Throttle,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            log: Throttle::default(),
        }
    }

    /// The next connection. Safe to cancel: none is lost.
    pub(crate) async fn next(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _peer)) => {
                    // An answer is one small write; Nagle's algorithm would hold it back. It fails only
                    // where the peer is gone already.
                    let _ = stream.set_nodelay(true);
                    return stream;
                }
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
