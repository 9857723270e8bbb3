//! Real MariaDB servers for tests, as guards, and a proxy that cuts what they answer.
//!
//! Another crate's tests may use them, too: a `#[path]` to this file is all that is needed, with `mysql`,
//! `rand`, `rustix` and `tempfile`.
#![allow(dead_code, reason = "each test program uses a part of it")]
#![allow(
    clippy::expect_used,
    reason = "a guard that cannot be set up is a test that fails"
)]

pub(crate) mod folder;
pub(crate) mod proxy;
pub(crate) mod server;
