//! A server that answers, and takes its time.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Passes bytes on to a port, and its answers as slowly as it is told to.
pub struct Slow {
    port: u16,
    pace: Arc<Pace>,
}

#[derive(Default)]
struct Pace {
    answer_ms: AtomicU64,
    byte_ms: AtomicU64,
}

impl Slow {
    /// In front of the server on this port.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        let pace = Arc::<Pace>::default();
        let shared = Arc::clone(&pace);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // Where the server is gone, so is the connection.
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let pace = Arc::clone(&shared);
                thread::spawn(move || {
                    thread::scope(|scope| {
                        scope.spawn(|| copy(&server, &client, Some(&pace)));
                        copy(&client, &server, None);
                    });
                });
            }
        });
        Self { port, pace }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Each answer begins so late.
    pub fn answer_after(&self, ms: u64) {
        self.pace.answer_ms.store(ms, Ordering::SeqCst);
    }

    /// Each byte of an answer comes so long after the one before.
    pub fn trickle(&self, ms: u64) {
        self.pace.byte_ms.store(ms, Ordering::SeqCst);
    }
}

fn copy(mut from: &TcpStream, mut to: &TcpStream, pace: Option<&Pace>) {
    let mut buffer = [0; 65_536];
    'all: while let Ok(count @ 1..) = from.read(&mut buffer) {
        let paced = |ms: fn(&Pace) -> &AtomicU64| pace.map_or(0, |p| ms(p).load(Ordering::SeqCst));
        thread::sleep(Duration::from_millis(paced(|pace| &pace.answer_ms)));
        let step = match paced(|pace| &pace.byte_ms) {
            0 => count,
            _ => 1,
        };
        for part in buffer[..count].chunks(step) {
            thread::sleep(Duration::from_millis(paced(|pace| &pace.byte_ms)));
            if to.write_all(part).is_err() {
                break 'all;
            }
        }
    }
    for stream in [from, to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
