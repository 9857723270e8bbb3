//! A server from its beginning to its end.

use std::io;
use std::sync::Arc;

use crate::call::{App, Calls, Crowd};
use crate::serve::{Limits, Listener, Workers, serve};

/// Serve an app at `listener` until `shutdown` resolves. Then say so at `/readyz`, go on for the
/// [delay](Limits::drain_delay), stop listening and let the requests in flight finish. Every connection is closed
/// when it returns.
///
/// Connections are served by threads of their own, one for each core but one, up to eight; the caller's
/// thread accepts them.
///
/// # Errors
/// The system gives us no threads. No connection was accepted then.
pub async fn run(
    app: App,
    limits: Limits,
    listener: impl Into<Listener>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let workers = Workers::start()?;
    app.metrics().connections_max(limits.max_connections);
    let crowd = Crowd {
        in_flight_max: limits.max_in_flight,
        batches_max: limits.max_batches,
        threads: workers.count(),
    };
    let calls = Arc::new(Calls::new(app, crowd));
    let ending = Arc::clone(&calls);
    let stop = async move {
        shutdown.await;
        ending.end();
        tokio::time::sleep(limits.drain_delay).await;
    };
    let watched = Arc::clone(&calls);
    tokio::select! {
        () = serve(calls, limits, &workers, listener.into(), stop) => {}
        () = watched.watch() => {}
    }
    Ok(())
}
