//! Real MariaDB servers for tests, as guards, and proxies that cut or delay what they answer.

pub mod folder;
pub mod proxy;
pub mod server;
pub mod slow;
