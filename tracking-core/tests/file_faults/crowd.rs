//! Many who want it at once.

use tracking_core::Allocator;

use crate::support::open;

/// 300 processes at once, as a cron job on many parcels starts them: all are served.
#[test]
fn a_crowd_is_served_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.series");
    open(&path).unwrap();
    let start = std::sync::Barrier::new(300);
    let mut served: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..300)
            .map(|_| {
                scope.spawn(|| {
                    // A handle of its own is to the lock what a process is.
                    let allocator = open(&path).unwrap();
                    start.wait();
                    let began = std::time::Instant::now();
                    let block = allocator.reserve(std::num::NonZeroU32::MIN);
                    (block.map(|block| block.start()), began.elapsed())
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    served.sort_by_key(|(_, waited)| *waited);
    let longest = served.last().unwrap().1;
    eprintln!("300 reservations at once: the longest wait was {longest:?}");
    let mut serials: Vec<_> = served
        .into_iter()
        .map(|(serial, _)| serial.unwrap())
        .collect();
    serials.sort_unstable();
    serials.dedup();
    assert_eq!(serials.len(), 300);
    assert!(longest.as_secs() >= 2, "it was no crowd: {longest:?}");
}
