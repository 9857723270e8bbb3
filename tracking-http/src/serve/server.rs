//! The server: accepts connections until it is told to stop, then lets the open ones finish.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tracking_core::{Clock, SystemClock};

use crate::call::handler::{Handler, Holder};
use crate::serve::accept::{Acceptor, Listener};
use crate::serve::connection;
use crate::serve::drain::Controls;
use crate::serve::limits::Limits;
use crate::serve::room::Room;
use crate::serve::stream::Socket;
use crate::serve::workers::Workers;

/// How often connections are looked at for those that waited too long, at least and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Serve what comes in at a listener until `shutdown` resolves, then stop listening and let the requests in flight
/// finish. Every connection is closed when it returns.
///
/// The accept loop is our own, since `warp::serve` sets no limits, no time-outs and no `TCP_NODELAY`.
pub(crate) async fn serve<H: Handler>(
    handler: Arc<H>,
    limits: Limits,
    workers: &Workers,
    listener: Listener,
    shutdown: impl Future<Output = ()>,
) {
    let http1 = connection::http1::<H>();
    let acceptor = Acceptor::new(listener);
    let mut room = Room::new(limits.max_connections);
    let mut controls = Controls::new((&limits).into());
    let shortest = limits.read_timeout.min(limits.idle_timeout);
    let mut look = tokio::time::interval((shortest / 8).clamp(LOOKS.0, LOOKS.1));
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begin = |controls: &mut Controls, (socket, holder): (Socket, Holder), place| {
        let control = controls.add(holder, place);
        let (http1, handler) = (http1.clone(), Arc::clone(&handler));
        workers.spawn(connection::serve(socket, http1, control, handler));
    };
    let make_room = |controls: &Controls, room: &Room| {
        let now_ms = SystemClock.monotonic_ms();
        controls.make_room(&room.holders(), room.is_full(), now_ms);
    };
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = look.tick() => {
                controls.close_overdue(SystemClock.monotonic_ms());
                if !room.is_empty() {
                    make_room(&controls, &room);
                }
            }
            place = room.place(), if !room.is_empty() => {
                if let Some(newcomer) = room.leave() {
                    begin(&mut controls, newcomer, Some(place));
                }
            }
            socket = acceptor.next(), if !room.is_full() => {
                let holder = handler.holder(socket.peer());
                // Nobody waits, or has a place already.
                if let Some(place) = room.place_now() {
                    begin(&mut controls, (socket, holder), Some(place));
                } else if room.enter(socket, holder) || room.is_full() {
                    make_room(&controls, &room);
                }
            }
        }
    }
    // To their clients they are open already.
    while let Some(newcomer) = room.leave() {
        begin(&mut controls, newcomer, None);
    }
    while let Some(place) = room.place_now()
        && let Some(socket) = acceptor.waiting()
    {
        let holder = handler.holder(socket.peer());
        begin(&mut controls, (socket, holder), Some(place));
    }
    drop(acceptor);
    controls
        .end(limits.drain_timeout, limits.linger, &mut look)
        .await;
}
