use super::faults::{Fault, inject, syncs};
use super::*;
use rustix::io::Errno;

#[test]
fn an_existing_file_is_opened_without_waiting_for_the_disk() {
    let bench = Bench::new();
    drop(bench.open());
    let before = syncs();
    let allocator = bench.open();
    assert_eq!(syncs() - before, 0, "open");
    bench.grant(&allocator, 1);
    assert_eq!(syncs() - before, 1, "the first reservation");
    allocator.snapshot().unwrap();
    assert_eq!(syncs() - before, 1, "a snapshot");
    reserve(&allocator, crate::serial::SLOTS).unwrap();
    let present = std::fs::read(bench.path()).unwrap();
    assert_eq!(failure(&bench, &allocator).0, "not-yet");
    assert_eq!(std::fs::read(bench.path()).unwrap(), present);
    assert_eq!(
        syncs() - before,
        2,
        "the tick is used up, and nothing to store"
    );
}

#[test]
fn each_write_goes_to_the_other_slot() {
    let bench = Bench::new();
    let allocator = bench.open();
    assert_eq!(generations(&bench), [1, 2]);
    for expected in [[3, 2], [3, 4], [5, 4], [5, 6]] {
        bench.grant(&allocator, 1);
        assert_eq!(generations(&bench), expected);
    }
}

#[test]
fn what_is_granted_is_stored_first() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.advance(TICK_MS);
    let mut end = None;
    for wanted in [5, 7, 9] {
        // Each time as after a crash: all that a new handle knows is what the file says.
        let block = reserve(&bench.open(), wanted).unwrap();
        assert_eq!(block.length().get(), wanted);
        assert!(end < Some(block.start()));
        end = Some(block.last());
        let timeline = allocator.snapshot().unwrap().timeline.unwrap();
        assert_eq!(timeline.slot(), block.last().slot() + 1);
    }
}

/// The clock is read under the lock, so its hook runs while the lock is held.
#[test]
fn two_handles_of_one_process_exclude_each_other() {
    let bench = Bench::new();
    let [first, second] = [bench.open(), bench.open()];
    bench.grant(&first, 1);
    let (send, receive) = std::sync::mpsc::channel();
    bench.meanwhile(move || send.send((reserve(&second, 1), second)).unwrap());
    bench.grant(&first, 1);
    let (error, second) = receive.recv().unwrap();
    let pid = std::process::id();
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "file:{}: its lock could not be had within 2 s; process {pid} holds it: if that is stopped, let it go on (kill -CONT {pid}) or end it",
            bench.path().display()
        )
    );
    // Such an error costs no fence.
    reserve(&second, 1).unwrap();
}

#[test]
fn racing_threads_with_handles_of_their_own_share_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("a.series"));
    let patience = Duration::from_secs(10);
    let wanted = NonZeroU32::new(3).unwrap();
    let take = || {
        let allocator = FileAllocator::open(&url, &SeriesOptions::default()).unwrap();
        let take = |_| crate::reserve_patiently(&allocator, wanted, patience).unwrap();
        (0..50).map(take).collect::<Vec<_>>()
    };
    let mut blocks: Vec<_> = std::thread::scope(|scope| {
        let takers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
        takers.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    blocks.sort_by_key(Block::start);
    assert_eq!(blocks.len(), 200);
    for pair in blocks.windows(2) {
        assert!(pair[0].last() < pair[1].start(), "{pair:?}");
    }
}

#[test]
fn a_write_that_fails_burns_its_block_and_the_handle() {
    for (fault, errno, message) in [
        (
            Fault::Write,
            Errno::NOSPC,
            "cannot write it: No space left on device (os error 28); make room there, or name another file with --store",
        ),
        (
            Fault::Write,
            Errno::ROFS,
            "cannot write it: Read-only file system (os error 30); mount it writable, or name another file with --store",
        ),
        (
            Fault::Sync,
            Errno::IO,
            "cannot bring it to the disk: Input/output error (os error 5)",
        ),
    ] {
        let bench = Bench::new();
        let allocator = bench.open();
        let before = bench.grant(&allocator, 1);
        let waited = syncs();
        inject(fault, errno);
        let found = failure(&bench, &allocator);
        assert_eq!(found, ("unavailable", message.to_owned()));
        assert_eq!(syncs(), waited, "the disk was asked again");
        assert!(
            allocator.session().handle_mut().is_none(),
            "kept the handle"
        );
        assert_fenced(&bench, &allocator);
        assert!(before.last() < bench.grant(&allocator, 1).start());
    }
}

#[test]
fn a_fence_that_could_not_be_stored_is_due_again() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.grant(&allocator, 1);
    for fault in [Fault::Write, Fault::Sync, Fault::Write] {
        inject(fault, Errno::IO);
        assert_eq!(failure(&bench, &allocator).0, "unavailable");
        bench.advance(TICK_MS);
    }
    assert_fenced(&bench, &allocator);
}

#[test]
fn a_rewound_file_is_fenced_by_each_handle_that_knew_better() {
    let bench = Bench::new();
    let [first, second, third] = [bench.open(), bench.open(), bench.open()];
    bench.grant(&first, 10);
    let old = std::fs::read(bench.path()).unwrap();
    bench.grant(&third, 10);
    bench.grant(&first, 10);
    let lost = reserve(&second, 10).unwrap();
    // Written into the same inode, as `cp` does.
    std::fs::write(bench.path(), &old).unwrap();
    assert_fenced(&bench, &second);
    // The next generation is above all that was seen, so that a handle does not take a new state
    // for an old one.
    let highest = generations(&bench).into_iter().max();
    assert!(highest > Some(6), "{highest:?}");
    let next = reserve(&first, 10).unwrap();
    assert!(lost.last() < next.start());
    std::fs::write(bench.path(), &old).unwrap();
    assert_fenced(&bench, &first);
}

#[test]
fn a_damaged_slot_costs_a_tick_and_is_mended() {
    for slot in 0..2 {
        let bench = Bench::new();
        let allocator = bench.open();
        bench.grant(&allocator, 1);
        let lost = reserve(&allocator, 10).unwrap();
        let mut bytes = std::fs::read(bench.path()).unwrap();
        bytes[slot * 4096 + 77] ^= 1;
        std::fs::write(bench.path(), &bytes).unwrap();
        // A handle that knows nothing of what was there.
        let fresh = bench.open();
        assert_fenced(&bench, &fresh);
        let [a, b] = generations(&bench);
        assert_eq!(a.abs_diff(b), 1, "mended");
        assert!(lost.last() < reserve(&fresh, 1).unwrap().start());
    }
}

/// As a process that was stopped in the middle of a reservation would find it.
#[test]
fn what_is_written_to_a_deleted_file_is_not_granted() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.grant(&allocator, 1);
    let (path, away) = (bench.path(), bench.path().with_extension("away"));
    bench.meanwhile(move || std::fs::rename(path, away).unwrap());
    for _ in 0..2 {
        let (kind, text) = failure(&bench, &allocator);
        assert_eq!(kind, "refused");
        let start = "it was deleted or moved away while this process ran, and nothing more is granted; put it back and this process goes on (its last state can still be copied from /proc/";
        assert!(text.starts_with(start), "{text}");
    }
    std::fs::rename(bench.path().with_extension("away"), bench.path()).unwrap();
    assert_fenced(&bench, &allocator);
}

#[test]
fn what_is_written_to_a_replaced_file_is_not_granted() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.grant(&allocator, 1);
    let (path, copy) = (bench.path(), bench.path().with_extension("copy"));
    let (url, clock) = (FileUrl::new(&path), bench.clock.clone());
    std::fs::copy(&path, &copy).unwrap();
    bench.meanwhile(move || {
        std::fs::rename(&copy, &path).unwrap();
        // Others reserve from that one already.
        let options = SeriesOptions::default();
        let other = FileAllocator::open_with_clock(&url, &options, clock).unwrap();
        reserve(&other, 1).unwrap();
    });
    let expected = "it was replaced by another file during a reservation, and nothing was granted; the next one goes on if the series there is the same, so put that one back if it is not";
    assert_eq!(
        failure(&bench, &allocator),
        ("refused", expected.to_owned())
    );
    assert_fenced(&bench, &allocator);
}

#[test]
fn a_forked_child_opens_its_own_file() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.grant(&allocator, 1);
    allocator.session().handle_mut().unwrap().forked();
    assert_fenced(&bench, &allocator);
    assert!(allocator.session().handle_mut().unwrap().is_ours());
}

#[test]
fn a_clock_out_of_range_is_told_and_changes_nothing() {
    let bench = Bench::new();
    let allocator = bench.open();
    bench.grant(&allocator, 1);
    let before = std::fs::read(bench.path()).unwrap();
    let now_ms = bench.clock.now_ms.swap(0, Ordering::SeqCst);
    assert_eq!(failure(&bench, &allocator).0, "clock");
    assert_eq!(std::fs::read(bench.path()).unwrap(), before);
    bench.clock.now_ms.store(now_ms, Ordering::SeqCst);
    reserve(&allocator, 1).unwrap();
}
