use super::faults::{Fault, folder_syncs, inject, syncs};
use super::*;
use rustix::io::Errno;

#[test]
fn an_existing_file_is_opened_without_waiting_for_the_disk() {
    let bench = Bench::new();
    drop(bench.open());
    let before = (syncs(), folder_syncs());
    let waited = || (syncs() - before.0, folder_syncs() - before.1);
    let allocator = bench.open();
    assert_eq!(waited(), (0, 0), "open");
    grant(&allocator, 1);
    // The process that created the file may have been killed before its name was on the disk.
    // Nor need what it wrote be there.
    assert_eq!(waited(), (2, 1), "the first reservation");
    allocator.snapshot().unwrap();
    assert_eq!(waited(), (2, 1), "a snapshot");
    grant(&allocator, crate::number::serial::SLOTS);
    assert_eq!(waited(), (3, 1), "another reservation");
    bench.step(-1_000);
    let present = std::fs::read(bench.path()).unwrap();
    assert_eq!(failure(&bench, &allocator).0, "not-yet");
    assert_eq!(std::fs::read(bench.path()).unwrap(), present);
    assert_eq!(waited(), (3, 1), "not yet, and nothing to store");
}

#[test]
fn a_file_that_took_anothers_place_has_its_name_brought_to_the_disk() {
    let bench = Bench::new();
    let allocator = bench.open();
    let last = grant(&allocator, 1);
    let before = folder_syncs();
    let copy = bench.path().with_extension("copy");
    std::fs::copy(bench.path(), &copy).unwrap();
    std::fs::rename(&copy, bench.path()).unwrap();
    assert_moves_to_another_lane(&allocator, last);
    assert_eq!(folder_syncs() - before, 1);
}

#[test]
fn each_write_goes_to_the_other_slot() {
    let bench = Bench::new();
    let allocator = bench.open();
    assert_eq!(generations(&bench), [1, 2]);
    for expected in [[3, 2], [3, 4], [5, 4], [5, 6]] {
        grant(&allocator, 1);
        assert_eq!(generations(&bench), expected);
    }
}

#[test]
fn what_is_granted_is_stored_first() {
    let bench = Bench::new();
    let allocator = bench.open();
    let mut end = None;
    for wanted in [5, 7, 9] {
        // Each time as after a crash: all that a new handle knows is what the file says.
        let block = grant(&bench.open(), wanted);
        assert_eq!(block.length().get(), wanted);
        assert!(end < Some(block.start()));
        end = Some(block.last());
        let timeline = allocator.snapshot().unwrap().timeline.unwrap();
        assert_eq!(timeline.slot(), block.last().slot() + 1);
    }
}

/// Each grant is alone in its tick, which began after the reservation did.
#[test]
fn no_two_grants_share_a_tick() {
    let bench = Bench::new();
    let handles = [bench.open(), bench.open()];
    let mut last = None;
    for step_ms in [0, 0, 1, 9, 3, 0, 25, 0] {
        for allocator in &handles {
            bench.step(step_ms);
            let asked_ms = bench.clock.now_ms.load(Ordering::SeqCst);
            let start = grant(allocator, 10).start();
            assert_eq!(start.slot(), 0);
            assert!(crate::number::serial::tick_start_ms(start.tick()) > asked_ms);
            assert!(last < Some(start.tick()));
            last = Some(start.tick());
        }
    }
}

/// Where the clock was set back a little, others granted from the tick that begins again.
#[test]
fn the_rest_of_a_tick_is_never_granted_from() {
    let bench = Bench::new();
    let allocator = bench.open();
    let last = grant(&allocator, 10);
    bench.step(-(TICK_MS as i64));
    let present = std::fs::read(bench.path()).unwrap();
    let error = reserve(&allocator, 1).unwrap_err();
    assert!(
        matches!(error, AllocateError::NotYet { after } if after.as_millis() == 10),
        "{error}"
    );
    assert_eq!(std::fs::read(bench.path()).unwrap(), present);
    assert!(last.last().tick() < grant(&allocator, 1).start().tick());
}

#[test]
fn a_clock_that_stands_still_grants_nothing_and_is_told() {
    #[derive(Debug)]
    struct Still(crate::testing::ManualClock);
    impl Clock for Still {
        fn now_ms(&self) -> i64 {
            START_MS
        }
        fn monotonic_ms(&self) -> u64 {
            self.0.monotonic_ms()
        }
        fn exact_ms(&self) -> i64 {
            START_MS
        }
        fn sleep(&self, duration: Duration) {
            self.0.sleep(duration);
        }
    }
    let bench = Bench::new();
    let clock = Still(crate::testing::ManualClock::at(0));
    let url = FileUrl::new(bench.path());
    let options = SeriesOptions::default();
    let allocator = FileAllocator::open_with_clock(&url, &options, Arc::new(clock)).unwrap();
    assert_eq!(
        failure(&bench, &allocator),
        (
            "clock",
            "the clock said 2026-08-02T16:53:20.000Z, and 2 s of waiting later 2026-08-02T16:53:20.000Z; it stands still or was set back: set it right and try again".to_owned()
        )
    );
}

/// The clock is read under the lock, so its hook runs while the lock is held.
#[test]
fn two_handles_of_one_process_exclude_each_other() {
    let bench = Bench::new();
    let [first, second] = [bench.open(), bench.open()];
    grant(&first, 1);
    let (send, receive) = std::sync::mpsc::channel();
    bench.meanwhile(move || send.send((reserve(&second, 1), second)).unwrap());
    grant(&first, 1);
    let (error, second) = receive.recv().unwrap();
    let pid = std::process::id();
    assert_eq!(
        error.unwrap_err().to_string(),
        format!(
            "file:{}: its lock could not be had within 2 s; process {pid} holds it: if that is stopped, let it go on (kill -CONT {pid}) or end it",
            bench.path().display()
        )
    );
    grant(&second, 1);
}

#[test]
fn racing_threads_with_handles_of_their_own_share_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let url = FileUrl::new(folder.path().join("a.series"));
    let patience = Duration::from_secs(10);
    let wanted = NonZeroU32::new(3).unwrap();
    let take = || {
        let allocator = FileAllocator::open(&url, &SeriesOptions::default()).unwrap();
        let take = |_| crate::store::reserve_patiently(&allocator, wanted, patience).unwrap();
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
            "cannot write it: No space left on device (os error 28); make room there, or name another file",
        ),
        (
            Fault::Write,
            Errno::ROFS,
            "cannot write it: Read-only file system (os error 30); mount it writable, or name another file",
        ),
        (
            Fault::Sync,
            Errno::IO,
            "cannot bring it to the disk: Input/output error (os error 5)",
        ),
    ] {
        let bench = Bench::new();
        let allocator = bench.open();
        let before = grant(&allocator, 1);
        let waited = syncs();
        inject(fault, errno);
        let found = failure(&bench, &allocator);
        assert_eq!(found, ("unavailable", message.to_owned()));
        assert_eq!(syncs(), waited, "the disk was asked again");
        assert!(
            allocator.store().session().handle_mut().is_none(),
            "kept the handle"
        );
        assert!(before.last() < grant(&allocator, 1).start());
    }
}

#[test]
fn a_change_of_lane_that_could_not_be_stored_is_made_again() {
    let bench = Bench::new();
    let allocator = bench.open();
    let last = grant(&allocator, 1);
    let copy = bench.path().with_extension("copy");
    std::fs::copy(bench.path(), &copy).unwrap();
    std::fs::rename(&copy, bench.path()).unwrap();
    for fault in [Fault::Write, Fault::Sync, Fault::Write] {
        inject(fault, Errno::IO);
        assert_eq!(failure(&bench, &allocator).0, "unavailable");
    }
    // The one that failed only on its way to the disk may stand in the file all the same.
    let next = (0..2).find_map(|_| reserve(&allocator, 1).ok()).unwrap();
    assert_ne!(next.start().lane(), last.start().lane());
    assert!(last.last().tick() < next.start().tick());
}

/// In the middle of a tick, between any two reservations, by handles that knew better, that were
/// idle, and that are new.
#[test]
fn a_rewound_file_repeats_nothing_and_its_lanes_are_in_doubt_to_who_knew_better() {
    let bench = Bench::new();
    let [first, second, idle] = [bench.open(), bench.open(), bench.open()];
    let mut last = grant(&first, 10);
    let old = std::fs::read(bench.path()).unwrap();
    for allocator in [&first, &second] {
        let next = grant(allocator, 10);
        assert!(last.last() < next.start());
        last = next;
    }
    for allocator in [&second, &first, &idle, &bench.open(), &second] {
        let now_ms = bench.clock.now_ms.load(Ordering::SeqCst);
        assert_eq!(
            crate::number::serial::tick_at(now_ms),
            Some(last.last().tick())
        );
        // Written into the same inode, as `cp` does.
        std::fs::write(bench.path(), &old).unwrap();
        let next = grant(allocator, 10);
        assert!(last.last() < next.start());
        last = next;
    }
    // The next generation is above all that was seen, so that a handle does not take a new state
    // for an old one.
    let highest = generations(&bench).into_iter().max();
    assert!(highest > Some(6), "{highest:?}");
    let unused = (last.start().lane() + 1) % crate::number::serial::LANES;
    let timeline = |allocator: &FileAllocator| allocator.snapshot().unwrap().timeline.unwrap();
    let [tick, known] = [last.last().tick(), timeline(&second).doubt_tick()];
    assert!(timeline(&second).may_have_used(unused, tick - 1));
    assert!(!timeline(&second).may_have_used(unused, known + 1));
    assert!(!timeline(&idle).may_have_used(unused, known + 1));
}

#[test]
fn a_damaged_slot_puts_the_lanes_in_doubt_and_is_mended() {
    for slot in 0..2 {
        let bench = Bench::new();
        let allocator = bench.open();
        grant(&allocator, 1);
        let lost = grant(&allocator, 10);
        let mut bytes = std::fs::read(bench.path()).unwrap();
        bytes[slot * 4096 + 77] ^= 1;
        std::fs::write(bench.path(), &bytes).unwrap();
        // A handle that knows nothing of what was there.
        let fresh = bench.open();
        let unused = (lost.start().lane() + 1) % crate::number::serial::LANES;
        let doubts = || {
            let timeline = fresh.snapshot().unwrap().timeline.unwrap();
            timeline.may_have_used(unused, lost.last().tick())
        };
        assert!(doubts(), "while it is damaged");
        assert!(lost.last() < grant(&fresh, 1).start());
        let [a, b] = generations(&bench);
        assert_eq!(a.abs_diff(b), 1, "mended");
        assert!(doubts(), "and afterwards");
    }
}

/// As a process that was stopped in the middle of a reservation would find it.
#[test]
fn what_is_written_to_a_deleted_file_is_not_granted() {
    let bench = Bench::new();
    let allocator = bench.open();
    grant(&allocator, 1);
    let (path, away) = (bench.path(), bench.path().with_extension("away"));
    bench.meanwhile(move || std::fs::rename(path, away).unwrap());
    for _ in 0..2 {
        let (kind, text) = failure(&bench, &allocator);
        assert_eq!(kind, "refused");
        let start = "it was deleted or moved away while this process ran, and nothing more is granted; put it back and this process goes on (its last state can still be copied from /proc/";
        assert!(text.starts_with(start), "{text}");
    }
    std::fs::rename(bench.path().with_extension("away"), bench.path()).unwrap();
    grant(&allocator, 1);
}

#[test]
fn what_is_written_to_a_replaced_file_is_not_granted() {
    let bench = Bench::new();
    let allocator = bench.open();
    let last = grant(&allocator, 1);
    let (path, copy) = (bench.path(), bench.path().with_extension("copy"));
    let (url, clock) = (FileUrl::new(&path), bench.clock.clone());
    std::fs::copy(&path, &copy).unwrap();
    bench.meanwhile(move || {
        std::fs::rename(&copy, &path).unwrap();
        // Others reserve from that one already.
        let options = SeriesOptions::default();
        let other = FileAllocator::open_with_clock(&url, &options, clock).unwrap();
        assert_moves_to_another_lane(&other, last);
    });
    let expected = "it was replaced by another file during a reservation, and nothing was granted; the next one goes on if the series there is the same, so put that one back if it is not";
    assert_eq!(
        failure(&bench, &allocator),
        ("refused", expected.to_owned())
    );
    let next = grant(&allocator, 1);
    assert_ne!(next.start().lane(), last.start().lane());
}

/// The lock of the file that was opened proves nothing about the one that is there once it is had.
#[test]
fn a_file_that_was_replaced_while_its_lock_was_waited_for_is_left_for_the_new_one() {
    let bench = Bench::new();
    let allocator = bench.open();
    let last = grant(&allocator, 1);
    let (path, copy) = (bench.path(), bench.path().with_extension("copy"));
    std::fs::copy(&path, &copy).unwrap();
    let holder = std::fs::File::open(&path).unwrap();
    holder.lock().unwrap();
    bench.while_it_waits(move || {
        std::fs::rename(&copy, &path).unwrap();
        drop(holder);
    });
    assert_moves_to_another_lane(&allocator, last);
}

/// What a child of `fork` has open must not keep the lock when its parent dies with it.
#[test]
fn each_reservation_locks_what_it_opened_itself() {
    let bench = Bench::new();
    let allocator = bench.open();
    grant(&allocator, 1);
    let open_now = || {
        let mut session = allocator.store().session();
        session.handle_mut().unwrap().file().try_clone().unwrap()
    };
    let inherited = open_now();
    let path = bench.path();
    bench.meanwhile(move || {
        // In the middle of the reservation: the lock is held, but not by what was open before.
        inherited.try_lock().unwrap_err();
        let holder = std::fs::File::open(&path).unwrap();
        holder.try_lock().unwrap_err();
    });
    grant(&allocator, 1);
    let inherited = open_now();
    let other = std::fs::File::open(bench.path()).unwrap();
    bench.meanwhile(move || {
        // Unlocking what the child shares would let others in, if it were what is locked.
        inherited.unlock().unwrap();
        other.try_lock().unwrap_err();
    });
    grant(&allocator, 1);
}

#[test]
fn a_clock_out_of_range_is_told_and_changes_nothing() {
    let bench = Bench::new();
    let allocator = bench.open();
    grant(&allocator, 1);
    let before = std::fs::read(bench.path()).unwrap();
    let now_ms = bench.clock.now_ms.swap(0, Ordering::SeqCst);
    assert_eq!(failure(&bench, &allocator).0, "clock");
    assert_eq!(std::fs::read(bench.path()).unwrap(), before);
    bench.clock.now_ms.store(now_ms, Ordering::SeqCst);
    reserve(&allocator, 1).unwrap();
}
