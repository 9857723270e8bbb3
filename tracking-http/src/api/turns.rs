//! How many long answers are on their way at once, and whose turn it is to be made.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::yield_now;

/// What all batches of a server share.
///
/// Each has a part of its answer in memory, here and in the kernel, for as long as its client takes to read:
/// so only so many are on their way. And to make a part takes as long as to answer a hundred other requests:
/// so only one of a thread's batches does at once, and all others who wait for the thread come between.
#[derive(Debug)]
pub(crate) struct Turns {
    places: Arc<Semaphore>,
    turns: Semaphore,
}

/// A batch's place among those that may be on their way.
pub(crate) type Place = OwnedSemaphorePermit;

impl Turns {
    /// So many at once, made by so many threads.
    pub(crate) fn new(max: u32, threads: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(max as usize)),
            turns: Semaphore::new(threads),
        }
    }

    /// A place, if there is one.
    pub(crate) fn enter(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Wait for a turn, behind the batches that wait already, and behind all that this thread has to do now.
    /// It ends when it is dropped.
    #[expect(clippy::expect_used, reason = "the semaphore is never closed")]
    pub(crate) async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.turns.acquire().await.expect("never closed");
        yield_now().await;
        turn
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let turns = Turns::new(1, 1);
        let place = turns.enter();
        assert!(place.is_some() && turns.enter().is_none());
        drop(place);
        assert!(turns.enter().is_some());
    }

    /// However many batches there are, another task waits for one part of one of them.
    #[tokio::test]
    async fn others_come_between_any_two_turns() {
        let turns = Arc::new(Turns::new(1, 1));
        let made = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let (turns, made) = (Arc::clone(&turns), Arc::clone(&made));
            tokio::spawn(async move {
                loop {
                    let turn = turns.turn().await;
                    made.fetch_add(1, Ordering::Relaxed);
                    drop(turn);
                }
            });
        }
        for _ in 0..100 {
            let before = made.load(Ordering::Relaxed);
            yield_now().await;
            let between = made.load(Ordering::Relaxed) - before;
            assert!(between <= 2, "{between} parts were made meanwhile");
        }
        assert!(made.load(Ordering::Relaxed) > 50);
    }
}
