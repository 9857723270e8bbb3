//! A disk that is soon full.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::not_here;

const MOUNTING: &str = "mounting a file system (this takes root)";

/// A small file system in memory, gone when it is dropped.
pub struct SmallDisk {
    folder: TempDir,
    also_at: Option<PathBuf>,
}

impl SmallDisk {
    /// Of so many KiB. None where the test may not mount one, which it then says.
    pub fn mount(size_kib: u64) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size_kib}k"), "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            not_here(MOUNTING);
        }
        mounted.then_some(Self {
            folder,
            also_at: None,
        })
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The same at a folder that is there: no link, which some servers do not follow.
    pub fn mount_also_at(&mut self, folder: PathBuf) {
        let mounted = Command::new("mount")
            .arg("--bind")
            .arg(self.path())
            .arg(&folder)
            .status();
        assert!(mounted.is_ok_and(|status| status.success()));
        self.also_at = Some(folder);
    }

    /// Leaves no room.
    pub fn fill(&self) {
        let mut filler = File::create(self.path().join("filler")).expect("a file");
        while filler.write(&[0; 4096]).is_ok_and(|count| count > 0) {}
    }

    /// What filled it is gone.
    pub fn make_room(&self) {
        std::fs::remove_file(self.path().join("filler")).expect("it was filled");
    }
}

/// A file that is mounted alone over another one, as containers do it.
pub struct FileMount(PathBuf);

impl FileMount {
    /// `file` at `over`, which is there. None where the test may not mount, which it then says.
    pub fn of(file: &Path, over: &Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .arg("--bind")
            .args([file, over])
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            not_here(MOUNTING);
        }
        mounted.then(|| Self(over.to_owned()))
    }
}

impl Drop for FileMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let folders = [self.also_at.as_deref(), Some(self.path())];
        for folder in folders.into_iter().flatten() {
            let _ = Command::new("umount").arg("-l").arg(folder).status();
        }
    }
}
