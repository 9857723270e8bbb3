//! The bytes of a connection, and what their coming and going says about the client.

use std::io::{self, IoSlice};
use std::net::{self, IpAddr, SocketAddr};
use std::os::unix::net as unix_net;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::call::handler::Handler;
use crate::serve::phase::Control;
use crate::serve::raw_heads::Lines;

/// A connection's socket, which does not block, before a runtime has it.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(net::TcpStream, IpAddr),
    Unix(unix_net::UnixStream),
}

impl Socket {
    pub(crate) fn tcp(socket: net::TcpStream, peer: SocketAddr) -> Self {
        // An answer is one small write; Nagle's algorithm would hold it back. It fails only where the
        // peer is gone already.
        let _ = socket.set_nodelay(true);
        bound_unsent(&socket);
        // An IPv4 address is one, also where it comes in by a socket for both.
        Self::Tcp(socket, peer.ip().to_canonical())
    }

    /// The address of who is at the other end, if it has one.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(_, peer) => Some(*peer),
            Self::Unix(_) => None,
        }
    }

    /// Hand it to the runtime that this is called in.
    pub(crate) fn into_stream(self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(socket, _) => Stream::Tcp(TcpStream::from_std(socket)?),
            Self::Unix(socket) => Stream::Unix(UnixStream::from_std(socket)?),
        })
    }
}

/// How many bytes of an answer the kernel takes beyond what it may send now.
///
/// Without it a client that reads nothing has some 4 MiB of an answer kept for it. To bound the whole buffer
/// (`SO_SNDBUF`) would do so too, and would end the kernel's own fitting of it to the distance of the client.
/// A Unix socket has no such fitting: `net.core.wmem_default`, 208 KiB, is all that it ever holds.
#[cfg(target_os = "linux")]
const UNSENT_MAX: u32 = 256 * 1024;

/// It fails only where the peer is gone already.
#[cfg(target_os = "linux")]
fn bound_unsent(socket: &net::TcpStream) {
    let _ = socket2::SockRef::from(socket).set_tcp_notsent_lowat(UNSENT_MAX);
}

/// Other systems keep less by themselves, some 128 KiB.
#[cfg(not(target_os = "linux"))]
fn bound_unsent(_socket: &net::TcpStream) {}

/// A connection's socket.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A socket that tells its control when a request begins, and when the client reads no answer.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: Stream,
    control: Arc<Control>,
    lines: Lines,
    /// What is answered to a transfer coding that is unknown, which the parser gives up.
    unsupported_transfer_coding: fn() -> Vec<u8>,
    /// What goes out in the place of the parser's own refusal.
    instead: Vec<u8>,
    is_shut: bool,
    /// How many more bytes are thrown away in the end.
    discarded_max: usize,
}

/// What a client may still send after it was refused in the middle of a request. To close a socket with
/// bytes in it that nobody has read resets the connection, and takes the answer from the client.
const DISCARDED_MAX: usize = 16 * 1024 * 1024;

/// How the parser's own answer begins.
const PARSERS_REFUSAL: &[u8] = b"HTTP/1.1 400 Bad Request\r\n";

/// Call a method of the socket that there is.
macro_rules! delegate {
    ($self:ident, $method:ident $(, $argument:expr)*) => {
        match &mut $self.stream {
            Stream::Tcp(stream) => Pin::new(stream).$method($($argument),*),
            Stream::Unix(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl Watched {
    pub(crate) fn new<H: Handler>(stream: Stream, control: Arc<Control>) -> Self {
        Self {
            stream,
            control,
            lines: Lines::new(H::HEAD_LENGTH_MAX),
            unsupported_transfer_coding: H::unsupported_transfer_coding,
            instead: Vec::new(),
            is_shut: false,
            discarded_max: DISCARDED_MAX,
        }
    }

    /// Read until the client has sent all that it will, within limits.
    fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 8 * 1024];
        // Some at a time, so that others have their turn.
        for _ in 0..32 {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = match delegate!(self, poll_read, context, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(result) => result.map_or(0, |()| buffer.filled().len()),
            };
            self.discarded_max = self.discarded_max.saturating_sub(read);
            if read == 0 || self.discarded_max == 0 {
                return Poll::Ready(());
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether this is what the parser answers to a transfer coding that is unknown to it: then it is thrown away,
    /// and another answer takes its place.
    fn replaces(&mut self, bytes: &[u8]) -> bool {
        let heads = &self.control.heads;
        let replaces =
            heads.is_coded() && self.control.has_no_answer() && bytes.starts_with(PARSERS_REFUSAL);
        if replaces {
            self.instead = (self.unsupported_transfer_coding)();
            // A body may be coming.
            self.control.refuse_midway();
        }
        replaces
    }

    fn poll_instead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            let written = ready!(delegate!(self, poll_write, context, &self.instead))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.instead.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Pending => self.control.write_blocked(),
            Poll::Ready(Ok(_)) => self.control.wrote(),
            Poll::Ready(Err(_)) => {}
        }
        result
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let watched = &mut *self;
        let before = buffer.filled().len();
        let result = delegate!(watched, poll_read, context, buffer);
        let read = &buffer.filled()[before..];
        if !read.is_empty() {
            watched.control.read();
            watched.lines.read(read, &watched.control.heads);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.replaces(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = delegate!(self, poll_write, context, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if slices.first().is_some_and(|first| self.replaces(first)) {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let result = delegate!(self, poll_write_vectored, context, slices);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Tcp(stream) => stream.is_write_vectored(),
            Stream::Unix(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        delegate!(self, poll_flush, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_instead(context))?;
        if !self.is_shut {
            ready!(delegate!(self, poll_shutdown, context))?;
            self.is_shut = true;
        }
        if self.control.is_refused_midway() {
            ready!(self.poll_discard(context));
        }
        Poll::Ready(Ok(()))
    }
}
