//! Copies of the file that are renamed over it.

use super::*;
use crate::number::judge::Verdict;
use crate::{Allocator, OpenStore};

/// Rename a copy of a former content over the file, as who restores a backup does.
fn put_back(bench: &Bench, content: &[u8]) {
    let copy = bench.folder.path().join("copy");
    std::fs::write(&copy, content).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::rename(&copy, bench.path()).unwrap();
}

#[test]
fn who_knows_only_a_copy_refuses_no_number_that_was_issued_since_it_was_made() {
    let bench = Bench::new();
    let first = bench.open();
    bench.step(1_000);
    let block = grant(&first, 1);
    let backup = std::fs::read(bench.path()).unwrap();
    // Its inode's number stays in use: a file that got it again would pass for this one.
    let _open = std::fs::File::open(bench.path()).unwrap();
    // A file of its own, and so in a lane of its own.
    put_back(&bench, &backup);
    let block = assert_moves_to_another_lane(&first, block);
    let number = first.series().encode(block.start());
    bench.step(10_000);
    put_back(&bench, &backup);
    drop(first);
    let second = bench.open();
    let belongs = || {
        let snapshot = second.snapshot().unwrap();
        let timeline = snapshot.timeline.as_ref();
        let verdict = second.series().judge(&number, snapshot.now_ms, timeline);
        assert!(matches!(verdict, Verdict::Belongs(_)), "{verdict:?}");
    };
    belongs();
    // Nor once it has gone on from there.
    assert_eq!(reserve(&second, 1).unwrap_err().kind(), "not-yet");
    belongs();
    grant(&second, 1);
    belongs();
}
