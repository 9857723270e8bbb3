//! Real Redis servers, Sentinels and clusters for tests, as guards.

pub mod cluster;
pub mod sentinel;
pub mod server;

pub use crate::clock;
