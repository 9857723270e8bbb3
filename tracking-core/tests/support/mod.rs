//! What the tests of state files share: stores in temporary folders, children, and mounts.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::num::NonZeroU32;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tracking_core::store::url::FileUrl;
use tracking_core::{AllocateError, Block, FileAllocator, OpenError, SeriesOptions};

pub(crate) mod mount;

/// Open the series of a state file as programs do.
pub(crate) fn open(path: &Path) -> Result<FileAllocator, OpenError> {
    FileAllocator::open(&FileUrl::new(path), &SeriesOptions::default())
}

/// Reserve, and wait out ticks and fences.
pub(crate) fn reserve(allocator: &FileAllocator, wanted: u32) -> Result<Block, AllocateError> {
    let wanted = NonZeroU32::new(wanted).unwrap();
    tracking_core::store::reserve_patiently(allocator, wanted, Duration::from_secs(5))
}

/// This test program once more, as a child that runs one test alone with a variable set.
pub(crate) fn child(test: &str, variable: &str, value: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(variable, value);
    command
}

/// A child that is killed, even where it is stopped, when the test ends.
pub(crate) struct Guard(pub(crate) Child);

impl Guard {
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
