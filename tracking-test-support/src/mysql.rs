//! Real MariaDB servers for tests, as guards, and a proxy that cuts what they answer.

pub mod folder;
pub mod proxy;
pub mod server;
