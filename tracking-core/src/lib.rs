//! Parcel tracking numbers that never repeat, that nobody can guess, and that carry their own check.
//!
//! # The tour, in two minutes
//!
//! **Issue numbers.** A [`Desk`] issues them for orders. A [`Generator`] behind it makes them from blocks
//! that an [`Allocator`] reserves in a store. [`open_store`] picks the allocator by a URL; a state file needs
//! no set-up.
//!
//! ```
//! use tracking_core::order::Order;
//! use tracking_core::{Desk, Generator, SeriesOptions, TrackingNumber, open_store};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("parcels.series");
//! # let url = format!("file:{}", path.display());
//! // let url = "file:/var/lib/shop/parcels.series";
//! let store = open_store(&url.parse()?, &SeriesOptions::default())?;
//! let desk = Desk::new(Generator::new(store));
//!
//! let order = Order::default();
//! let issued = desk.issue(&order)?; // threads share a desk, or clone it
//! println!("{} at {}", issued.number, issued.created_at());
//!
//! let mut thousand = vec![TrackingNumber::BLANK; 1000];
//! desk.generator().fill(&mut thousand)?; // many, faster for each, and for no order
//! assert!(!thousand.contains(&issued.number));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Check an order.** Every wrong field is reported at once, each with a stable code.
//!
//! ```
//! use tracking_core::order::{OrderBuilder, Required};
//!
//! let mut order = OrderBuilder::new(Required::NONE);
//! order.set("origin_country_id", "MY").set("weight", "1.2345").set("customer_slug", "Red Box");
//! let errors = order.build().unwrap_err();
//! let wrong: Vec<_> = errors.iter().map(|e| (e.parameter(), e.code().as_str())).collect();
//! assert_eq!(wrong, [("weight", "too-many-decimals"), ("customer_slug", "not-a-slug")]);
//! ```
//!
//! **Judge a number**, without any database: [`Series::judge`] tells what the series could not
//! have issued.
//!
//! ```
//! use tracking_core::{Allocator, MemoryAllocator, Reason, Verdict, Clock, SystemClock};
//!
//! let memory = MemoryAllocator::new();
//! let verdict = memory.series().judge(&"AB12CD34EF56".parse()?, SystemClock.now_ms(), None);
//! assert!(matches!(verdict, Verdict::Refused(Reason::Prefix | Reason::Length)));
//! # Ok::<(), tracking_core::number::ParseNumberError>(())
//! ```
//!
//! # Scope of this crate
//!
//! Numbers, and all that keeps one from being issued twice: orders are validated because a number is issued
//! for one. No record of what was issued, no carrier's label, no transport: those are an embedder's, or a
//! program's. It starts no runtime, and talks to no network without the feature that says so.
//!
//! # From serial to number
//!
//! A [`Serial`] is an integer below 2^62, `lane (6) | tick (38) | slot (18)`, that is never given
//! out twice. The body of a number is its encryption by FF1 (NIST SP 800-38G: AES-128, radix 36,
//! 12 digits) under the series' [`Key`]; the check character is ISO 7064 MOD 37,36 over prefix and
//! body. The map is one to one, so unique serials give unique numbers with no look-up; and without
//! the key, numbers show nothing of volume or order, and nobody can guess the next one.
//!
//! # The promise
//!
//! Within one series (one key in one store) a number never repeats, unless (a) state was lost or
//! rewound, and a clock that granted from it ran ahead of the one used afterwards by more than the
//! fence, or that clock steps back later; or (b) the series lives in two places at once: a copied
//! key, state file or machine, a second store, or a split Redis of which either side also restarts,
//! fails over again or has its clock set back (1 time in 63; waiting for a majority of replicas
//! closes it); or (c) within 10 ms of a reservation somebody writes an older state over a living
//! series inside Redis or MySQL, or renames two state files over each other and back (a file may be
//! put back at any time otherwise: see [`FileAllocator`]). Every other failure costs gaps, never
//! repeats.
//! [`store::timeline`] has the rule that keeps it.
//!
//! # Forks, and systems
//!
//! A child of `fork` may go on with what its parent opened, and gets other numbers: see [`fork`].
//!
//! Unix; Linux first: there all of it is tested. For macOS the library without features is
//! compiled, and no more. It has no coarse clocks (a number costs some 30 ns more), does not name
//! who holds the lock of a state file, and cannot tell a network file system.
//!
//! # Features
//!
//! None is on by default, and the default has no async runtime and no network.
//!
//! | feature | what it adds |
//! |---|---|
//! | `testing` | `testing`: the conformance suite for allocators, ours and yours, and a clock for tests |
//! | `redis` | `RedisAllocator`: a series that hosts share through Redis or Valkey |
//! | `mysql` | `MySqlAllocator`: a series that hosts share through MySQL or MariaDB; and `mysql`, by which `tracking-ledger` connects, without a promise of versions |
#![warn(missing_docs)]

mod clock;
mod desk;
pub mod file_system;
pub mod fork;
pub mod generator;
mod hex;
pub mod issued;
pub mod judging;
#[cfg(feature = "mysql")]
pub mod mysql;
pub mod number;
pub mod order;
mod random;
mod remedy;
pub mod rfc3339;
pub mod series;
pub mod shown;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use clock::{Clock, SystemClock};
pub use desk::Desk;
pub use generator::Generator;
pub use number::{Block, Key, Prefix, Reason, Serial, TrackingNumber, Verdict};
pub use remedy::{Remedy, StoreKind};
pub use series::{OpenError, Opening, Series, SeriesName, SeriesOptions};
#[cfg(feature = "mysql")]
pub use store::MySqlAllocator;
#[cfg(feature = "redis")]
pub use store::RedisAllocator;
pub use store::{
    AllocateError, Allocator, FileAllocator, MemoryAllocator, OpenStore, StoreUrl, open_store,
};
