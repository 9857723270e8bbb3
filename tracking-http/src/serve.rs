//! Sockets and HTTP/1.1.

pub(crate) mod accept;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod control;
pub(crate) mod limits;
pub(crate) mod listen;
pub(crate) mod raw_heads;
pub(crate) mod room;
pub(crate) mod server;
pub(crate) mod shards;
pub(crate) mod stream;
pub(crate) mod unix;
pub(crate) mod workers;
