//! A connection to a server that can be cut at the worst moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Passes bytes on to a port. Its threads end with its connections.
pub(crate) struct Proxy {
    port: u16,
    cuts: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let cuts = Arc::<AtomicBool>::default();
        let cut = Arc::clone(&cuts);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let cut = Arc::clone(&cut);
                thread::spawn(move || pass(&client, &server, &cut));
            }
        });
        Self { port, cuts }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Swallow the answer to the next COMMIT, and cut its connection.
    pub(crate) fn cut_next_commit(&self) {
        self.cuts.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_cut(&self) -> bool {
        !self.cuts.load(Ordering::SeqCst)
    }
}

fn pass(client: &TcpStream, server: &TcpStream, cuts: &AtomicBool) {
    let swallows = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            copy(server, client, |_| !swallows.load(Ordering::SeqCst));
        });
        copy(client, server, |bytes| {
            if bytes.ends_with(b"\x03COMMIT") && cuts.swap(false, Ordering::SeqCst) {
                swallows.store(true, Ordering::SeqCst);
            }
            true
        });
    });
}

/// Until either end is closed, or some bytes are not to be passed on.
fn copy(mut from: &TcpStream, mut to: &TcpStream, passes: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !passes(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
