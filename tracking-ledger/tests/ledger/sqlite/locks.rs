//! SQLite's locks are a process's, which loses all of them when it closes the file by anything else.

use tracking_core::order::Order;
use tracking_test_support::lock_holders;

use super::SqliteFile;
use crate::support::{Place, record_new, recording};

impl SqliteFile {
    /// How many locks this process has on the file, as the kernel tells: its list may miss one while others come and
    /// go.
    fn locks(&self) -> usize {
        let listed = |_| {
            let holders = lock_holders(&self.path(), "POSIX");
            holders
                .into_iter()
                .filter(|pid| *pid == std::process::id())
                .count()
        };
        (0..3).map(listed).max().unwrap()
    }
}

/// Without them another program that closes the file last takes the WAL away, and what is recorded from then on.
#[test]
fn a_ledger_that_is_opened_once_more_in_a_process_keeps_its_locks() {
    let place = SqliteFile::new();
    let ledger = place.open();
    record_new(&*ledger, recording(1, &Order::default()));
    assert_eq!(place.locks(), 1);
    let again = place.open();
    assert_eq!(place.locks(), 1);
    drop(again);
    assert_eq!(place.locks(), 1);
    drop(ledger);
    assert_eq!(place.locks(), 0);
}
