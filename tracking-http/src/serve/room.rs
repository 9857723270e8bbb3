//! Those who wait for a place among the connections that may be open.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::call::handler::Holder;
use crate::serve::phase::Place;
use crate::serve::stream::Socket;
use crate::watch::logging::Throttle;

/// How many wait here. Others wait in the system's own queue, where nobody can see whose they are: so a
/// client is seen behind a burst of another one that is no longer than this.
pub(crate) const WAITING_MAX: usize = 32;

/// The places, and who waits for one.
#[derive(Debug)]
pub(crate) struct Room {
    places: Arc<Semaphore>,
    places_max: u32,
    waiting: Vec<(Socket, Holder)>,
    log: Throttle,
}

impl Room {
    pub(crate) fn new(places_max: u32) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places_max as usize)),
            places_max,
            waiting: Vec::new(),
            log: Throttle::default(),
        }
    }

    /// A place that is free now.
    pub(crate) fn place_now(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// The next place that is free. Safe to cancel: none is lost.
    #[expect(clippy::expect_used, reason = "the semaphore is never closed")]
    pub(crate) async fn place(&self) -> Place {
        let places = Arc::clone(&self.places);
        places.acquire_owned().await.expect("never closed")
    }

    /// Wait. Answers whether nobody else of this holder does: then who is open may have to make room.
    pub(crate) fn enter(&mut self, socket: Socket, holder: Holder) -> bool {
        if self.log.may_log() {
            let max = self.places_max;
            tracing::warn!("all {max} connections of --max-connections are open; others wait");
        }
        let is_first = self.count(holder) == 0;
        self.waiting.push((socket, holder));
        is_first
    }

    /// Whose turn it is: of those who have the fewest here, who came first.
    pub(crate) fn leave(&mut self) -> Option<(Socket, Holder)> {
        let next =
            (0..self.waiting.len()).min_by_key(|&place| self.count(self.waiting[place].1))?;
        Some(self.waiting.remove(next))
    }

    fn count(&self, holder: Holder) -> usize {
        // Each of a proxy's is another's.
        let of_holder = |(_, other): &&(Socket, Holder)| holder.is_some() && *other == holder;
        self.waiting.iter().filter(of_holder).count()
    }

    pub(crate) fn holders(&self) -> Vec<Holder> {
        self.waiting.iter().map(|(_, holder)| *holder).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_MAX
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn who_has_the_fewest_waiting_is_next_and_then_who_came_first() {
        let mut room = Room::new(1);
        let [noisy, quiet] = [Some(1), Some(2)];
        let holders = [noisy, noisy, noisy, None, quiet, None];
        let is_first = holders.map(|holder| {
            let socket = UnixStream::pair().unwrap().0;
            room.enter(Socket::Unix(socket), holder)
        });
        assert_eq!(is_first, [true, false, false, true, true, true]);
        let mut order = Vec::new();
        while let Some((_, holder)) = room.leave() {
            order.push(holder);
        }
        assert_eq!(order, [None, None, quiet, noisy, noisy, noisy]);
    }

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let room = Room::new(1);
        let place = room.place_now();
        assert!(place.is_some() && room.place_now().is_none());
        drop(place);
        assert!(room.place_now().is_some());
    }
}
