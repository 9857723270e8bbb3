//! A disk that is soon full.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A small file system in memory, gone when it is dropped.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    /// Of so many KiB. None where the test may not mount one, which it then says.
    pub(crate) fn mount(size_kib: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size_kib}k"), "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            let required =
                std::env::var("TRACKING_REQUIRE_SERVERS").is_ok_and(|value| value == "1");
            assert!(!required, "mounting takes root, and is required");
            eprintln!("mounting takes root: nothing was tested");
        }
        mounted.then_some(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room.
    pub(crate) fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).unwrap();
        while filler.write(&[0; 4096]).is_ok_and(|count| count > 0) {}
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
