//! A library that is loaded before the C library's.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::is_installed;

/// A library that a test has compiled, for `LD_PRELOAD`; gone when it is dropped.
pub struct Preload(TempDir);

impl Preload {
    /// Of this source in C, which may use the macro `FOLDER`, where it is. `None`, told to the tester, without a C
    /// compiler.
    pub fn compile(source: &str) -> Option<Self> {
        if !is_installed("cc") {
            return None;
        }
        let library = Self(tempfile::tempdir().expect("a temporary folder"));
        let file = library.folder().join("source.c");
        std::fs::write(&file, source).expect("a file");
        let status = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .arg(library.path())
            .arg(format!("-DFOLDER=\"{}\"", library.folder().display()))
            .arg(&file)
            .status()
            .expect("cc is installed");
        assert!(status.success(), "it does not compile: {source}");
        Some(library)
    }

    /// A disk that says it has written, and has not: `fsync` and `fdatasync` do nothing.
    pub fn without_sync() -> Option<Self> {
        Self::compile(
            "int fsync(int file) { (void)file; return 0; }\n\
             int fdatasync(int file) { (void)file; return 0; }\n",
        )
    }

    /// The library.
    pub fn path(&self) -> PathBuf {
        self.folder().join("preload.so")
    }

    /// What it may read its orders from.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }
}
