//! What comes from outside, as functions of arbitrary bytes. Each panics where an invariant is broken.
//!
//! `scripts/fuzz` runs each under libFuzzer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a target may panic"
)]

pub mod cursor;
pub mod http;
pub mod import;
pub mod number;
pub mod order;
pub mod redis;
pub mod state_file;
pub mod tokens;
pub mod url;
