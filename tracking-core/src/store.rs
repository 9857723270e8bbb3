//! Stores, named by a URL: [`open_store`] picks the allocator.

pub(crate) mod allocator;
pub(crate) mod file;
pub(crate) mod guard;
pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod snapshot;
pub mod timeline;
pub(crate) mod url;

use crate::clock::{Clock, SystemClock};
use crate::series::opening::{OpenError, Opening, SeriesOptions};
use crate::store::allocator::Store;
use crate::store::file::FileAllocator;
use crate::store::memory::MemoryAllocator;
use crate::store::url::StoreUrl;

/// Open the series of a store.
///
/// ```
/// use tracking_core::{SeriesOptions, open_store};
///
/// let store = open_store(&"memory:".parse()?, &SeriesOptions::default())?;
/// assert_eq!(store.series().name().as_str(), "default");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`OpenError`].
pub fn open_store(url: &StoreUrl, options: &SeriesOptions) -> Result<Box<dyn Store>, OpenError> {
    match url {
        StoreUrl::Memory => Ok(Box::new(open_memory(options)?)),
        StoreUrl::File(file) => Ok(Box::new(FileAllocator::open(file, options)?)),
        #[cfg(feature = "redis")]
        StoreUrl::Redis(redis) => Ok(Box::new(redis::RedisAllocator::open(redis, options)?)),
        #[cfg(not(feature = "redis"))]
        StoreUrl::Redis(redis) => Err(OpenError::NotBuiltIn {
            store: redis.to_string(),
            feature: "redis",
        }),
    }
}

fn open_memory(options: &SeriesOptions) -> Result<MemoryAllocator, OpenError> {
    match options.opening {
        Opening::Existing => Err(OpenError::missing("memory:", &options.name)),
        Opening::OrCreate if options.key.is_some() => Err(OpenError::LocalKey {
            store: "memory:".to_owned(),
        }),
        Opening::OrCreate | Opening::New => {
            let now_ms = SystemClock.now_ms();
            Ok(MemoryAllocator::with_series(
                options.new_series("memory:", now_ms)?,
            ))
        }
    }
}
