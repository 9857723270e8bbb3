//! Connecting to a MySQL or MariaDB: one home for all that talk to one.
//!
//! It is here for [`MySqlAllocator`](crate::MySqlAllocator) and for the crate `tracking-ledger`, and public only
//! since the latter is another crate. **It is not covered by the promise of versions**: the two crates change
//! together.
//!
//! ```text
//!   Connector ──► Connection ──► a statement on the caller's thread, which `watch` ends
//!       │             │          at the deadline of the whole call
//!       │             └── Server  what it is, whether it will do, what an operator should know
//!       └── on a thread of its own: name, sockets (`connect`), `tls`, login, session
//! ```
//!
//! What a connection is for says its [`Purpose`]: what the session is told, whether each server will do, and the
//! words of what goes wrong, a [`Fault`].

mod brought;
mod connect;
mod connection;
mod connector;
mod driver;
mod fault;
mod purpose;
mod refusal;
mod row;
mod server;
mod tls;
mod value;
mod watch;

#[doc(hidden)]
pub use brought::{Login, Session, SessionAnswer, Unanswered};
pub use connection::Connection;
pub use connector::Connector;
pub use fault::Fault;
pub use purpose::{Purpose, Words};
pub use refusal::{Refusal, RefusalKind};
pub(crate) use row::Row;
pub use server::{Server, Worry};
pub use value::Value;
