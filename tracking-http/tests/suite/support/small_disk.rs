//! A disk that is soon full.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A small file system in memory, gone when it is dropped.
pub(crate) struct SmallDisk(TempDir);

impl SmallDisk {
    /// None where the test may not mount one, which it then says.
    pub(crate) fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
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

    pub(crate) fn fill(&self) {
        std::fs::write(self.path().join("filler"), vec![0; 1 << 20]).unwrap_err();
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
