//! The signals that end the server.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// A signal that comes so soon after the first one is the same one: `timeout(1)` and some terminals and
/// supervisors send it to the process and to its group.
const SAME: Duration = Duration::from_millis(250);

/// SIGINT and SIGTERM, caught from its creation on.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catch them, instead of being killed by them.
    ///
    /// # Errors
    /// The system does not let us.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The first future resolves when the server is to end, and the second when it is to end at once, by the
    /// signal that it gives. The first needs the second to be polled.
    pub fn end(mut self) -> (impl Future<Output = ()>, impl Future<Output = SignalKind>) {
        let (end, ended) = oneshot::channel();
        let gently = async {
            // The sender is dropped only with the server.
            let _ = ended.await;
        };
        let at_once = async move {
            // Before the line, which is not even made where nobody wants it.
            let first = self.next().await;
            tracing::info!("ending on {}", name(first));
            // An error is a server that has ended already.
            let _ = end.send(());
            let same = sleep(SAME);
            tokio::pin!(same);
            loop {
                tokio::select! {
                    biased;
                    () = &mut same => break,
                    _ = self.next() => {}
                }
            }
            let again = self.next().await;
            tracing::warn!("ending at once on another {}", name(again));
            again
        };
        (gently, at_once)
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

fn name(signal: SignalKind) -> &'static str {
    match signal == SignalKind::interrupt() {
        true => "SIGINT",
        false => "SIGTERM",
    }
}
