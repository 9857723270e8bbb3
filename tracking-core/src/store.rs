//! Stores, named by a URL: [`open_store`] picks the allocator.
//!
//! ```text
//!   Allocator ◄── OpenStore          reserves blocks; one whose state can be looked at
//!       ▲
//!       ├── StoreAllocator<S>        the rule (`timeline`), what was seen, the errors
//!       │     └── S: Store           one method, `update`: MemoryStore, FileStore, MySqlStore, one of your own
//!       ├── RedisAllocator           its rule runs in the server
//!       └── Guarded<A>               refuses what was granted before
//! ```

pub(crate) mod allocator;
#[cfg(any(feature = "redis", feature = "mysql"))]
pub(crate) mod clocks;
#[cfg(any(feature = "redis", feature = "mysql"))]
pub(crate) mod deadline;
pub(crate) mod error;
#[cfg(any(feature = "redis", feature = "mysql"))]
pub(crate) mod fault;
pub(crate) mod file;
pub(crate) mod guard;
pub(crate) mod keep;
pub(crate) mod memory;
#[cfg(feature = "mysql")]
pub(crate) mod mysql;
pub(crate) mod newest;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod snapshot;
pub(crate) mod store_allocator;
pub mod timeline;
#[cfg(any(feature = "redis", feature = "mysql"))]
pub(crate) mod turn;
pub mod url;
pub(crate) mod warning;

pub use self::allocator::{AllocateError, Allocator, OpenStore, reserve_patiently};
#[doc(hidden)]
pub use self::file::{Access, Facts, FileSystem, OpenFile};
pub use self::file::{FileAllocator, FileStore};
pub use self::guard::Guarded;
pub use self::keep::{Moment, Rewinds, Step, Store};
pub use self::memory::{MemoryAllocator, MemoryStore};
#[cfg(feature = "mysql")]
pub use self::mysql::{MySqlAllocator, MySqlStore, MySqlWarning};
#[cfg(feature = "redis")]
#[doc(hidden)]
pub use self::redis::{Dial, Wire};
#[cfg(feature = "redis")]
pub use self::redis::{RedisAllocator, RedisWarning};
pub use self::snapshot::Snapshot;
pub use self::store_allocator::StoreAllocator;
pub use self::url::StoreUrl;
pub use self::warning::StoreWarning;

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::series::SeriesName;
use crate::series::opening::{OpenError, SeriesOptions};

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
pub fn open_store(
    url: &StoreUrl,
    options: &SeriesOptions,
) -> Result<Box<dyn OpenStore>, OpenError> {
    open_store_with_clock(url, options, Arc::new(SystemClock))
}

/// Open the series of a store, with a given clock as this host's: the same in all processes of the host that
/// share a state file.
///
/// # Errors
/// See [`OpenError`].
pub fn open_store_with_clock(
    url: &StoreUrl,
    options: &SeriesOptions,
    clock: Arc<dyn Clock>,
) -> Result<Box<dyn OpenStore>, OpenError> {
    match url {
        StoreUrl::Memory => Ok(Box::new(open_memory(options, clock)?)),
        StoreUrl::File(file) => {
            let allocator = FileAllocator::open_with_clock(file, options, clock)?;
            Ok(Box::new(allocator))
        }
        #[cfg(feature = "redis")]
        StoreUrl::Redis(redis) => {
            let allocator = RedisAllocator::open_with_clock(redis, options, clock)?;
            Ok(Box::new(allocator))
        }
        #[cfg(not(feature = "redis"))]
        StoreUrl::Redis(_) => Err(not_built_in(url, "redis")),
        #[cfg(feature = "mysql")]
        StoreUrl::MySql(mysql) => {
            let allocator = MySqlAllocator::open_with_clock(mysql, options, clock)?;
            Ok(Box::new(allocator))
        }
        #[cfg(not(feature = "mysql"))]
        StoreUrl::MySql(_) => Err(not_built_in(url, "mysql")),
    }
}

/// The names of the series in a store, in their order: none in memory, one in a state file that is there; in a
/// Redis those that its register of prefixes names, which has each series that was opened since it was lost;
/// in a MySQL those of the database's table.
/// Nothing is written.
///
/// ```
/// use tracking_core::{SeriesOptions, open_store};
/// use tracking_core::store::list_series;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("eu.series");
/// let url = format!("file:{}", path.display()).parse()?;
/// assert!(list_series(&url)?.is_empty());
/// open_store(&url, &SeriesOptions::named("eu".parse()?))?;
/// assert_eq!(list_series(&url)?, ["eu".parse()?]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The store cannot be read.
pub fn list_series(url: &StoreUrl) -> Result<Vec<SeriesName>, OpenError> {
    match url {
        StoreUrl::Memory => Ok(Vec::new()),
        StoreUrl::File(file) => Ok(file::series_name(file)?.into_iter().collect()),
        #[cfg(feature = "redis")]
        StoreUrl::Redis(redis) => Ok(redis::series_names(redis)?),
        #[cfg(not(feature = "redis"))]
        StoreUrl::Redis(_) => Err(not_built_in(url, "redis")),
        #[cfg(feature = "mysql")]
        StoreUrl::MySql(mysql) => Ok(mysql::series_names(mysql)?),
        #[cfg(not(feature = "mysql"))]
        StoreUrl::MySql(_) => Err(not_built_in(url, "mysql")),
    }
}

#[cfg(not(all(feature = "redis", feature = "mysql")))]
fn not_built_in(url: &StoreUrl, feature: &'static str) -> OpenError {
    OpenError::NotBuiltIn {
        store: url.to_string(),
        feature,
    }
}

fn open_memory(
    options: &SeriesOptions,
    clock: Arc<dyn Clock>,
) -> Result<MemoryAllocator, OpenError> {
    let series = options.local_series("memory:", clock.now_ms())?;
    Ok(MemoryAllocator::continuing(
        series,
        options.timeline.clone(),
        clock,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::EPOCH_MS;
    use crate::testing::ManualClock;

    #[test]
    fn a_series_is_made_and_granted_from_by_the_clock_that_is_given() {
        let folder = tempfile::tempdir().unwrap();
        let file = format!("file:{}", folder.path().join("a.series").display());
        let clock = Arc::new(ManualClock::at(EPOCH_MS + 5_000));
        for url in ["memory:", &file] {
            let url = url.parse().unwrap();
            let store = open_store_with_clock(&url, &SeriesOptions::default(), clock.clone());
            let store = store.unwrap();
            assert_eq!(store.series().created_at_ms(), EPOCH_MS + 5_000);
            assert_eq!(store.snapshot().unwrap().now_ms, EPOCH_MS + 5_000);
        }
    }
}
