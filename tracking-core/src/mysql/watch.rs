//! Ends a statement at the end of its call, whatever its server does.
//!
//! The driver owns its socket, whose time-outs bound one read each: a server that sends a byte now and then would be
//! waited for without end. So one thread of the process watches all statements that are under way, and shuts the
//! socket of one whose time is up, which wakes whoever reads or writes there. It costs a statement a few short holds of
//! a mutex; the thread wakes once in a time-out at most, or when something is late.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use nix::sys::socket::{Shutdown, shutdown};
use once_cell::race::OnceBox;

use crate::fork::PerProcess;

/// A child of `fork` has no such thread, and starts one of its own.
static WATCH: OnceBox<PerProcess<Arc<Watch>>> = OnceBox::new();

#[derive(Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By when each statement must be over, told apart by a count.
    under_way: BTreeMap<(Instant, u64), RawFd>,
    count: u64,
    has_thread: bool,
    /// When the thread wakes next.
    wakes_at: Option<Instant>,
}

/// A statement that is under way. While it lives, its socket must stay open: its number would become another's.
pub(super) struct Watched {
    watch: Arc<Watch>,
    key: (Instant, u64),
}

/// Watches what is now asked on this socket, until what is returned is dropped.
pub(super) fn until(socket: &impl AsRawFd, end: Instant) -> io::Result<Watched> {
    let watch = WATCH.get_or_init(|| Box::new(PerProcess::default()));
    let watch = Arc::clone(watch.get(Arc::default));
    let mut state = watch.lock();
    if !state.has_thread {
        let watcher = Arc::clone(&watch);
        thread::Builder::new()
            .name("tracking-watch".to_owned())
            .spawn(move || watcher.run())?;
        state.has_thread = true;
    }
    state.count += 1;
    let key = (end, state.count);
    state.under_way.insert(key, socket.as_raw_fd());
    if state.wakes_at.is_none_or(|wakes_at| end < wakes_at) {
        state.wakes_at = Some(end);
        watch.changed.notify_one();
    }
    drop(state);
    Ok(Watched { watch, key })
}

impl Watched {
    /// Whether its time was up, and its socket was shut.
    pub(super) fn was_ended(self) -> bool {
        !self.watch.lock().under_way.contains_key(&self.key)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.watch.lock().under_way.remove(&self.key);
    }
}

impl Watch {
    fn run(&self) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            while let Some(late) = state.under_way.first_entry()
                && late.key().0 <= now
            {
                // Under the lock: whoever asked has not let go of the socket yet. One that the server has closed
                // meanwhile is an error here, and as well.
                let _ = shutdown(late.remove(), Shutdown::Both);
            }
            let next = state.under_way.keys().next().map(|(end, _)| *end);
            // Statements come and go faster than they are late: the thread sleeps on for the time of one that is
            // over, so that the next need not wake it.
            state.wakes_at = next.or(state.wakes_at.filter(|wakes_at| *wakes_at > now));
            state = match state.wakes_at {
                Some(wakes_at) => {
                    let left = wakes_at.saturating_duration_since(now);
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    // Nothing here panics between two changes, so a poisoned state is a whole one.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_millis(100);

    #[test]
    fn who_is_late_is_ended_though_something_comes_now_and_then() {
        let (mut ours, mut theirs) = UnixStream::pair().unwrap();
        let start = Instant::now();
        let watched = until(&ours, start + SOON).unwrap();
        let trickle = thread::spawn(move || {
            while theirs.write_all(b"x").is_ok() {
                thread::sleep(Duration::from_millis(5));
            }
        });
        let mut all = Vec::new();
        ours.read_to_end(&mut all).unwrap();
        let took = start.elapsed();
        assert!(watched.was_ended());
        assert!(took >= SOON && took < SOON * 20, "{took:?}");
        trickle.join().unwrap();
    }

    #[test]
    fn who_is_in_time_is_left_alone_and_so_is_everybody_else() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let start = Instant::now();
        assert!(!until(&ours, start + SOON).unwrap().was_ended());
        // One that came later and ends sooner, and ends when the other one's time is over, too.
        let (mut late, _kept) = UnixStream::pair().unwrap();
        let far = until(&ours, start + SOON * 1_000).unwrap();
        let near = until(&late, start + SOON * 2).unwrap();
        assert_eq!(late.read(&mut [0]).unwrap(), 0);
        assert!(near.was_ended() && !far.was_ended());
        theirs.write_all(b"x").unwrap();
        assert_eq!((&ours).read(&mut [0]).unwrap(), 1);
    }
}
