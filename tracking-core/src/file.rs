//! An allocator that keeps its state in one file, shared by all processes of a host.

use std::fmt;
use std::num::NonZeroU32;

use crate::allocator::{AllocateError, Allocator, Snapshot, Store};
use crate::serial::Block;
use crate::series::Series;
use crate::store::{FileUrl, OpenError, SeriesOptions};

/// Store URL `file:PATH`.
#[derive(Debug)]
pub struct FileAllocator {
    series: Series,
}

impl FileAllocator {
    /// Open or create the series of a state file.
    pub fn open(_url: &FileUrl, _options: &SeriesOptions) -> Result<Self, OpenError> {
        unimplemented!()
    }
}

impl Allocator for FileAllocator {
    fn series(&self) -> &Series {
        &self.series
    }
    fn reserve(&self, _wanted: NonZeroU32) -> Result<Block, AllocateError> {
        unimplemented!()
    }
}

impl Store for FileAllocator {
    fn snapshot(&self) -> Result<Snapshot, AllocateError> {
        unimplemented!()
    }
}

impl fmt::Display for FileAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("file:")
    }
}
