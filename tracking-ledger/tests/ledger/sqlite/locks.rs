//! SQLite's locks are a process's, which loses all of them when it closes the file by anything else.

use std::os::unix::fs::MetadataExt;

use tracking_core::order::Order;

use super::SqliteFile;
use crate::support::{Place, record_new, recording};

impl SqliteFile {
    /// How many locks this process has on the file, as the kernel tells: its list may miss one while others come and
    /// go.
    fn locks(&self) -> usize {
        (0..3).map(|_| self.listed()).max().unwrap()
    }

    fn listed(&self) -> usize {
        let inode = std::fs::metadata(self.path()).unwrap().ino();
        let (pid, inode) = (std::process::id().to_string(), format!(":{inode}"));
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let is_ours = |line: &&str| {
            let words: Vec<_> = line.split_whitespace().collect();
            words[1] == "POSIX" && words[4] == pid && words[5].ends_with(&inode)
        };
        locks.lines().filter(is_ours).count()
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
