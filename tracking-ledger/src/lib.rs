//! A durable record of issued tracking numbers and the orders that they were issued for, and the memory that makes
//! a retried request safe.
//!
//! **A request that is sent again** has an [`IdempotencyKey`]. Ask [`Ledger::replay`] first; where the key is
//! [new](KeyState::New), take numbers and record them with the [`Claim`]: key, fingerprint and numbers are one
//! transaction, so nothing is ever half done, and of two that race the second is [replayed](Recorded::Replayed).
//!
//! # What holds
//!
//! - What [`Ledger::record`] has answered is durable, as far as the database is told to be: see
//!   [`Ledger::warnings`].
//! - A number is in a ledger once. One that comes a second time is never recorded for somebody else:
//!   [`Recorded::Collided`].
//! - Every queue, batch, page and wait has a bound.
//!
//! A child of `fork` must not use what its parent has opened.
#![warn(missing_docs)]

mod entry;
mod error;
mod fingerprint;
mod key;
mod ledger;
mod names;
mod page;
mod recording;
mod url;

pub use entry::{Entry, Imported, OldNumber, Origin};
pub use error::LedgerError;
pub use fingerprint::Fingerprint;
pub use key::{Claim, IdempotencyKey, ParseKeyError};
pub use ledger::{Doubts, Ledger, Prune};
pub use names::{ParseNameError, Reference, RequestId, TokenName};
pub use page::{Cursor, Filter, Page, PageLimit, ParseCursorError};
pub use recording::{KeyState, Recorded, Recording, RecordingError, Replay};
pub use url::{LedgerUrl, MySqlUrl, ParseLedgerUrlError};
