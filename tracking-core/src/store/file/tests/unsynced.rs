//! What was written to the file, and perhaps never came to the disk.

use super::faults::{Fault, inject, syncs};
use super::*;
use rustix::io::Errno;

/// Its writer may have been killed before it waited for the disk; and the other slot, which the disk has, is
/// what the next write goes to.
#[test]
fn the_disk_has_the_newest_slot_before_the_other_is_written_over() {
    let bench = Bench::new();
    let (first, second) = (bench.open(), bench.open());
    for (allocator, expected) in [(&first, 2), (&first, 1), (&second, 2), (&first, 2)] {
        let before = syncs();
        grant(allocator, 1);
        assert_eq!(syncs() - before, expected);
    }
}

/// Else the next one would take it for the newest.
#[test]
fn a_slot_that_could_not_be_brought_to_the_disk_is_put_back() {
    for fault in [Fault::Write, Fault::Sync] {
        let bench = Bench::new();
        let allocator = bench.open();
        grant(&allocator, 1);
        let before = std::fs::read(bench.path()).unwrap();
        inject(fault, Errno::IO);
        assert_eq!(failure(&bench, &allocator).0, "unavailable");
        assert_eq!(std::fs::read(bench.path()).unwrap(), before);
    }
}
