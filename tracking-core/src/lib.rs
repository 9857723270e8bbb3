//! Parcel tracking numbers that never repeat.
#![warn(missing_docs)]

mod allocator;
#[cfg(feature = "args")]
pub mod args;
mod base36;
mod check_character;
mod clock;
mod ff1;
mod file;
mod format;
mod generator;
pub mod issued;
mod judge;
mod key;
mod memory;
mod number;
pub mod order;
mod record;
mod serial;
mod series;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timeline;

pub use allocator::{AllocateError, Allocator, Snapshot, Store, reserve_patiently};
pub use check_character::check_character;
pub use clock::{Clock, SystemClock};
pub use file::FileAllocator;
pub use format::{ParsePrefixError, Prefix};
pub use generator::{Generator, GeneratorBuilder, Iter, Ready, Status};
pub use judge::{Reason, Verdict};
pub use key::{Key, ParseKeyError};
pub use memory::MemoryAllocator;
pub use number::{MAX_LENGTH, ParseNumberError, TrackingNumber};
pub use serial::{Block, EPOCH_MS, LANES, SLOTS, Serial, TICK_MS, TICKS};
pub use series::{Fingerprint, ParseSeriesNameError, Series, SeriesName};
pub use store::{
    FileUrl, OpenError, Opening, ParseStoreUrlError, SeriesOptions, StoreUrl, open_store,
};
