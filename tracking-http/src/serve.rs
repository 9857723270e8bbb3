//! Sockets and HTTP/1.1: it knows neither parcels nor warp, and of what answers requests no more than its
//! [`Handler`](crate::call::handler::Handler).

mod accept;
mod body;
mod connection;
mod drain;
mod limits;
mod listen;
mod open_files;
mod phase;
mod raw_heads;
mod room;
mod server;
mod stream;
mod unix;
mod workers;

pub use self::accept::Listener;
pub use self::limits::Limits;
pub use self::listen::{Listen, ParseListenError};
pub(crate) use self::open_files::raise_for;
pub(crate) use self::server::serve;
pub use self::unix::UnixSocket;
pub(crate) use self::workers::Workers;
