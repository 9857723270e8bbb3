//! A clock for a server, which a test can step.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::is_installed;

/// The library that is preloaded into the server, and the file that it reads.
pub struct ServerClock {
    folder: TempDir,
    offset: File,
}

impl ServerClock {
    /// `None`, told to the tester, without a C compiler.
    pub fn compile() -> Option<Self> {
        if !is_installed("cc") {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("offset");
        let offset = File::create(&path).expect("a file");
        let clock = Self { folder, offset };
        clock.step(0);
        let source = clock.folder.path().join("clock.c");
        std::fs::write(&source, include_str!("clock.c")).expect("a file");
        let status = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(clock.library())
            .arg(format!("-DCLOCK_FILE=\"{}\"", path.display()))
            .arg(&source)
            .status()
            .expect("cc is installed");
        assert!(status.success(), "clock.c does not compile");
        Some(clock)
    }

    /// The library.
    pub fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    /// From now on it differs from this host's clock by so much.
    pub fn step(&self, offset_ms: i64) {
        self.offset
            .write_all_at(&offset_ms.to_ne_bytes(), 0)
            .expect("a file of ours");
    }
}
