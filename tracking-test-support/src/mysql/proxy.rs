//! A proxy that can cut the answer to a statement.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::thread;

/// Between a client and a server, on a port of its own.
pub struct Proxy {
    port: u16,
    state: Arc<State>,
}

struct State {
    /// Where new connections go.
    server: AtomicU16,
    /// So many answers to a write are yet to be cut.
    cuts: AtomicU32,
    cut: AtomicU32,
}

impl Proxy {
    /// In front of the server on this port.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(State {
            server: AtomicU16::new(server),
            cuts: AtomicU32::new(0),
            cut: AtomicU32::new(0),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(client, &state));
            }
        });
        Self { port, state }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next answers to a write, that many of them, are cut: the server has done it, and nobody hears.
    pub fn cut(&self, answers: u32) {
        self.state.cuts.store(answers, Ordering::SeqCst);
    }

    /// How many were cut.
    pub fn cut_so_far(&self) -> u32 {
        self.state.cut.load(Ordering::SeqCst)
    }

    /// New connections lead to the server on this port.
    pub fn lead_to(&self, server: u16) {
        self.state.server.store(server, Ordering::SeqCst);
    }
}

/// The protocol takes turns: a request, then its answer. So one thread for each connection will do. Of
/// prepared statements the number tells which one is a write, as the preparation's answer has it.
fn serve(mut client: TcpStream, state: &State) {
    let port = state.server.load(Ordering::SeqCst);
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else {
        return;
    };
    let (mut to_server, mut from_client) = (
        server.try_clone().expect("a socket"),
        client.try_clone().expect("a socket"),
    );
    let writes = Arc::new(std::sync::Mutex::new(Turn::default()));
    let seen = Arc::clone(&writes);
    let requests = thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = from_client.read(&mut bytes) {
            seen.lock().expect("no panic").request(&bytes[..count]);
            if to_server.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let mut bytes = [0; 65_536];
    while let Ok(count @ 1..) = server.read(&mut bytes) {
        let is_write = writes.lock().expect("no panic").answer(&bytes[..count]);
        let take = |left: u32| left.checked_sub(1);
        if is_write
            && state
                .cuts
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
        {
            state.cut.fetch_add(1, Ordering::SeqCst);
            break;
        }
        if client.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
    let _ = requests.join();
}

/// Whether what is under way is a write.
#[derive(Default)]
struct Turn {
    prepares_write: bool,
    writes: Vec<[u8; 4]>,
    is_write: bool,
}

const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

impl Turn {
    fn request(&mut self, bytes: &[u8]) {
        let (command, rest) = match bytes.get(4..) {
            Some([command, rest @ ..]) => (*command, rest),
            _ => return,
        };
        let is_change = rest.starts_with(b"UPDATE") || rest.starts_with(b"INSERT");
        self.prepares_write = command == PREPARE && is_change;
        self.is_write = command == EXECUTE && self.writes.iter().any(|id| rest.starts_with(id));
    }

    fn answer(&mut self, bytes: &[u8]) -> bool {
        if std::mem::take(&mut self.prepares_write)
            && let Some(&[0, a, b, c, d]) = bytes.get(4..9)
        {
            self.writes.push([a, b, c, d]);
        }
        std::mem::take(&mut self.is_write)
    }
}
