//! A durable record of issued tracking numbers and the orders that they were issued for, and the memory that makes
//! a retried request safe.
//!
//! # The tour
//!
//! A [`LedgerUrl`] names a ledger, and [`open_ledger`] opens it. A [`Recorder`] gathers what many threads record
//! into few commits; each caller waits until its own numbers are durable.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use std::time::Duration;
//!
//! use tracking_core::order::Order;
//! use tracking_core::{Desk, Generator, MemoryAllocator};
//! use tracking_ledger::{LedgerOptions, Recorded, Recorder, Recording, open_ledger};
//!
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
//! // let url = "sqlite:/var/lib/shop/ledger.db";
//! let ledger = open_ledger(&url.parse()?, &LedgerOptions::default())?.expect("it is not `none`");
//! let recorder = Recorder::start(ledger)?;
//!
//! let order = Order::default();
//! let desk = Desk::new(Generator::new(MemoryAllocator::new()));
//! let issued = desk.issue(&order)?;
//! let recording = Recording::new([issued.number], issued.at_ms, order.clone())?;
//! assert_eq!(recorder.record(recording, Duration::from_secs(2))?, Recorded::New);
//! // Now, and not before, the number may be answered.
//! assert_eq!(recorder.ledger().find(issued.number)?.expect("it is recorded").order, order);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **A request that is sent again** has an [`IdempotencyKey`]. Ask [`Ledger::replay`] first; where the key is
//! [new](KeyState::New), take numbers and record them with the [`Claim`]: key, fingerprint and numbers are one
//! transaction, so nothing is ever half done, and of two that race the second is [replayed](Recorded::Replayed).
//!
//! # What holds
//!
//! - What [`Ledger::record`] has answered is durable, as far as the database is told to be: see
//!   [`Ledger::warnings`].
//! - A [`RecordingDesk`] issues and records in one call: it knows all of this.
//! - A number is in a ledger once. One that comes a second time is never recorded for somebody else:
//!   [`Recorded::Collided`].
//! - Every queue, batch, page and wait has a bound.
//!
//! A child of `fork` must not use what its parent has opened.
//!
//! # Features
//!
//! None is on by default.
//!
//! | feature | what it adds |
//! |---|---|
//! | `sqlite` | `sqlite:PATH`; it builds SQLite with a C compiler |
//! | `mysql` | `mysql://…`, `mysqls://…`, `mysql+unix://…`: MySQL and MariaDB |
#![warn(missing_docs)]

mod desk;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod django;
mod entry;
mod error;
mod fingerprint;
mod key;
mod ledger;
#[cfg(feature = "mysql")]
mod mysql;
mod names;
mod old_number;
mod open;
mod options;
mod page;
mod random;
mod recorder;
mod recording;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod under_way;
mod url;

pub use desk::{Asking, IssueError, IssuedAndRecorded, RecordingDesk};
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub use django::{DjangoError, DjangoTable};
pub use entry::{Entry, EntryJson, Imported, OldNumber, Origin};
pub use error::LedgerError;
pub use fingerprint::Fingerprint;
pub use key::{Claim, IdempotencyKey, ParseKeyError};
pub use ledger::{Doubts, Ledger, Prune};
pub use names::{ParseNameError, Reference, RequestId, TokenName};
pub use old_number::ParseOldNumberError;
pub use open::open_ledger;
pub use options::LedgerOptions;
pub use page::{Cursor, Filter, Page, PageLimit, ParseCursorError};
pub use recorder::{Pending, Recorder, RecorderStatus};
pub use recording::{KeyState, Recorded, Recording, RecordingError, Replay};
pub use url::{LedgerUrl, MySqlUrl, ParseLedgerUrlError};
