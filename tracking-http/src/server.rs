//! The server: accepts connections until it is told to stop, then lets the open ones finish.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tracking_core::{Clock, SystemClock};
use warp::Filter;
use warp::reply::Response;

use crate::accept::Acceptor;
use crate::app::App;
use crate::connection;
use crate::control::Controls;
use crate::limits::Limits;

/// How often connections are looked at for those that waited too long, at least and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serve the [routes](crate::routes) of an app at `listener` until `shutdown` resolves, then stop
/// listening and let the requests in flight finish. Every connection is closed when it returns.
pub async fn run(app: App, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    serve(crate::routes(app), Limits::default(), listener, shutdown).await;
}

/// [`run`] for any filter that answers every request, and with other limits: for tests, and for
/// benchmarks that hold another filter against ours.
///
/// The accept loop is our own, since `warp::serve` sets no time-outs and no `TCP_NODELAY`.
pub async fn serve<F>(
    filter: F,
    limits: Limits,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) where
    F: Filter<Extract = (Response,), Error = Infallible> + Clone + Send + Sync + 'static,
    F::Future: Send,
{
    let service = warp::service(filter);
    let http1 = connection::http1();
    let acceptor = Acceptor::new(listener);
    let mut controls = Controls::new();
    let mut looks = tokio::time::interval((limits.head_timeout / 8).clamp(LOOKS.0, LOOKS.1));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    loop {
        let stream = tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = looks.tick() => {
                controls.close_overdue(SystemClock.monotonic_ms());
                continue;
            }
            stream = acceptor.next() => stream,
        };
        let control = controls.add(connection::head_deadline_ms(&limits));
        let (http1, service) = (http1.clone(), service.clone());
        tokio::spawn(connection::serve(stream, http1, service, control, limits));
    }
    drop(acceptor);
    controls.end(limits.drain_timeout).await;
}
