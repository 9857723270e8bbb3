//! How the server tells its connections to end: those that idle, and all of them when it ends itself.
//!
//! hyper's own time-out sets and clears a timer for every request, which costs a tenth of all the
//! work on it. Here a request costs two stores: the accept loop looks through the connections once
//! in a while, and wakes those whose time has passed.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::mpsc;

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Order {
    /// Go on.
    Serve,
    /// Answer the request in flight, if there is one, and end.
    Drain,
    /// End.
    Close,
}

/// The deadline of a connection with a request in flight.
const NEVER: u64 = u64::MAX;

/// The server's hold on one connection. Times are in milliseconds of a monotonic clock.
#[derive(Debug)]
pub(crate) struct Control {
    /// When it is closed unless the next request has come.
    deadline_ms: AtomicU64,
    order: AtomicU8,
    waker: Mutex<Option<Waker>>,
    /// Dropped with the last connection, which ends [`Controls::ended`].
    _alive: mpsc::Sender<()>,
}

impl Control {
    /// A request is in flight.
    pub(crate) fn busy(&self) {
        self.wait_until(NEVER);
    }

    /// The next request is awaited.
    pub(crate) fn wait_until(&self, deadline_ms: u64) {
        // Relaxed: it guards nothing, and one that is seen late is seen at the next look.
        self.deadline_ms.store(deadline_ms, Ordering::Relaxed);
    }

    /// What to do; `waker` is woken when that changes.
    pub(crate) fn order(&self, waker: &Waker) -> Order {
        let mut known = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
        // Read under the lock: an order that comes later finds the waker.
        match self.order.load(Ordering::Relaxed) {
            order if order == Order::Serve as u8 => Order::Serve,
            order if order == Order::Drain as u8 => Order::Drain,
            _ => Order::Close,
        }
    }

    fn tell(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::Relaxed);
        let waker = self
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The controls of all connections.
#[derive(Debug)]
pub(crate) struct Controls {
    all: Vec<Weak<Control>>,
    alive: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Controls {
    pub(crate) fn new() -> Self {
        let (alive, ended) = mpsc::channel(1);
        Self {
            all: Vec::new(),
            alive,
            ended,
        }
    }

    /// The control of a new connection, which awaits its first request.
    pub(crate) fn add(&mut self, deadline_ms: u64) -> Arc<Control> {
        let control = Arc::new(Control {
            deadline_ms: deadline_ms.into(),
            order: (Order::Serve as u8).into(),
            waker: Mutex::new(None),
            _alive: self.alive.clone(),
        });
        self.all.push(Arc::downgrade(&control));
        control
    }

    /// Close the connections whose time has passed, and forget those that have ended.
    pub(crate) fn close_overdue(&mut self, now_ms: u64) {
        self.all.retain(|control| {
            let Some(control) = control.upgrade() else {
                return false;
            };
            if control.deadline_ms.load(Ordering::Relaxed) <= now_ms {
                control.tell(Order::Close);
            }
            true
        });
    }

    /// End all of them: by draining, and after `drain_timeout` at once.
    pub(crate) async fn end(self, drain_timeout: Duration) {
        let Self {
            all,
            alive,
            mut ended,
        } = self;
        drop(alive);
        let tell = |order| {
            all.iter()
                .filter_map(Weak::upgrade)
                .for_each(|control| control.tell(order))
        };
        tell(Order::Drain);
        // Nobody sends: it resolves when every control is dropped.
        if tokio::time::timeout(drain_timeout, ended.recv())
            .await
            .is_err()
        {
            tracing::warn!("requests in flight did not end in time; their connections are closed");
            tell(Order::Close);
            ended.recv().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Debug, Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_who_waits_too_long_is_closed_and_woken() {
        let mut controls = Controls::new();
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let [early, late, busy, gone] =
            [10, 20, 10, 10].map(|deadline_ms| controls.add(deadline_ms));
        busy.busy();
        drop(gone);
        let orders = || [&early, &late, &busy].map(|control| control.order(&waker));

        assert_eq!(orders(), [Order::Serve; 3]);
        controls.close_overdue(9);
        assert_eq!(orders(), [Order::Serve; 3]);
        controls.close_overdue(10);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert_eq!(orders(), [Order::Close, Order::Serve, Order::Serve]);
        assert_eq!(controls.all.len(), 3);

        busy.wait_until(30);
        late.wait_until(31);
        controls.close_overdue(30);
        assert_eq!(orders(), [Order::Close, Order::Serve, Order::Close]);
    }

    #[test]
    fn an_order_is_never_softened() {
        let mut controls = Controls::new();
        let control = controls.add(0);
        control.tell(Order::Close);
        control.tell(Order::Drain);
        assert_eq!(control.order(Waker::noop()), Order::Close);
    }
}
