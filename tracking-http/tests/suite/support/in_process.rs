//! A server on a thread of this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracking_core::issued::Zone;
use tracking_core::{Allocator, Generator, MemoryAllocator};
use tracking_http::App;

/// Stops when it is dropped.
pub struct InProcess {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl InProcess {
    pub fn new() -> Self {
        Self::with(MemoryAllocator::new(), "UTC")
    }

    pub fn with(allocator: impl Allocator + 'static, zone: &str) -> Self {
        Self::with_generator(Generator::new(allocator), zone)
    }

    pub fn with_generator(generator: Generator, zone: &str) -> Self {
        let zone: Zone = zone.parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(bind).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(tracking_http::run(
                App::new(generator, zone),
                listener,
                async {
                    let _ = stopped.await;
                },
            ));
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Tell it to stop; it drains.
    pub fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.stop();
        if !std::thread::panicking() {
            self.join();
        }
    }
}
