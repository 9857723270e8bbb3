//! A server on a thread of this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracking_core::{Allocator, Desk, Generator, MemoryAllocator};
use tracking_http::{App, Gate, Limits, Options};

/// An app that lets in whom the gate does.
pub(crate) fn gated(generator: Generator, gate: Gate) -> App {
    let options = Options {
        gate: gate.into(),
        ..Options::default()
    };
    App::new(Desk::new(generator), options)
}

/// Stops when it is dropped.
pub(crate) struct InProcess {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl InProcess {
    pub(crate) fn new() -> Self {
        Self::with(MemoryAllocator::new(), "UTC")
    }

    pub(crate) fn with(allocator: impl Allocator + 'static, zone: &str) -> Self {
        Self::with_generator(Generator::new(allocator), zone)
    }

    pub(crate) fn with_generator(generator: Generator, zone: &str) -> Self {
        Self::with_limits(generator, zone, Limits::default())
    }

    pub(crate) fn with_limits(generator: Generator, zone: &str, limits: Limits) -> Self {
        let desk = Desk::new(generator).with_zone(zone.parse().unwrap());
        Self::with_app(App::new(desk, Options::default()), limits)
    }

    pub(crate) fn with_app(app: App, limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let bind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = runtime.block_on(bind).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let shutdown = async { drop(stopped.await) };
            runtime
                .block_on(tracking_http::run(app, limits, listener, shutdown))
                .unwrap();
        });
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Tell it to stop; it drains.
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) fn join(&mut self) {
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
