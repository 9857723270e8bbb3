//! Real MariaDB or MySQL servers for tests, as guards, and proxies that cut or delay what they answer.

pub mod folder;
pub mod program;
pub mod proxy;
pub mod server;
pub mod slow;
