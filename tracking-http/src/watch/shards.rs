//! One of something for each thread, so that threads that write it never wait for each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// More threads than this share, which only costs them time.
const SHARDS_MAX: usize = 64;

thread_local! {
    static THREAD: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        // Relaxed: all that matters is that each gets another.
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

/// A power of two of them, twice as many as there are cores at least: some threads do other work.
#[derive(Debug)]
pub(crate) struct Shards<T>(Box<[Shard<T>]>);

/// Aligned to two cache lines, since processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard<T>(T);

impl<T: Default> Default for Shards<T> {
    fn default() -> Self {
        let threads = 2 * available_parallelism().map_or(1, usize::from);
        let count = threads.next_power_of_two().min(SHARDS_MAX);
        Self((0..count).map(|_| Shard::default()).collect())
    }
}

impl<T> Shards<T> {
    /// That of this thread.
    #[inline]
    pub(crate) fn mine(&self) -> &T {
        // A thread that is ending may take any.
        let thread = THREAD.try_with(|thread| *thread).unwrap_or_default();
        &self.0[thread & (self.0.len() - 1)].0
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().map(|shard| &shard.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn threads_that_follow_each_other_have_their_own() {
        let shards = Arc::new(Shards::<AtomicUsize>::default());
        let places: HashSet<_> = (0..shards.iter().count())
            .map(|_| {
                let shards = Arc::clone(&shards);
                let thread = std::thread::spawn(move || std::ptr::from_ref(shards.mine()) as usize);
                thread.join().unwrap()
            })
            .collect();
        // Other tests start threads meanwhile.
        assert!(places.len() > 1, "{places:?}");
        assert_eq!(shards.mine() as *const _, shards.mine() as *const _);
    }
}
