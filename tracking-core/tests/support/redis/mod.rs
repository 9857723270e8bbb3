//! Real Redis servers, Sentinels and clusters for tests, as guards.
//!
//! Another crate's tests may use them, too: a `#[path]` to this file is all that is needed, with
//! `rand`, `redis`, `rustix` and `tempfile`.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(
    clippy::expect_used,
    reason = "a guard that cannot be set up is a test that fails"
)]

pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod sentinel;
pub(crate) mod server;
