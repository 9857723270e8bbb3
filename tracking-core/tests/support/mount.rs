//! File systems of a test's own, to be filled up or made read-only.

use std::path::Path;
use std::process::Command;

use tracking_test_support::not_here;

/// A small file system in memory, gone when it is dropped.
pub(crate) struct Mount {
    folder: tempfile::TempDir,
}

impl Mount {
    /// `None`, told to the tester, where this user may not mount.
    pub(crate) fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        if mount(&["-t", "tmpfs", "-o", &options, "tmpfs"], folder.path()) {
            Some(Self { folder })
        } else {
            not_here("mounting a file system (this takes root)");
            None
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read_only(&self, read_only: bool) {
        let options = if read_only {
            "remount,ro"
        } else {
            "remount,rw"
        };
        assert!(mount(&["-o", options], self.path()), "{options}");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a store of the test may still be open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let status = Command::new("mount").args(arguments).arg(at).status();
    status.is_ok_and(|status| status.success())
}
