//! A clock for a server, which a test can step.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::preload::Preload;

/// The library that is preloaded into the server, and the file that it reads.
pub struct ServerClock {
    library: Preload,
    offset: File,
}

impl ServerClock {
    /// `None`, told to the tester, without a C compiler.
    pub fn compile() -> Option<Self> {
        let library = Preload::compile(include_str!("clock.c"))?;
        let offset = File::create(library.folder().join("offset")).expect("a file");
        let clock = Self { library, offset };
        clock.step(0);
        Some(clock)
    }

    /// The library.
    pub fn library(&self) -> PathBuf {
        self.library.path()
    }

    /// From now on it differs from this host's clock by so much.
    pub fn step(&self, offset_ms: i64) {
        self.offset
            .write_all_at(&offset_ms.to_ne_bytes(), 0)
            .expect("a file of ours");
    }
}
