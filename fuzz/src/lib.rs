//! What comes from outside, as functions of arbitrary bytes. Each panics where an invariant is broken.
//!
//! `scripts/fuzz` runs each under libFuzzer; `cargo test` runs each over its corpus and simple changes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a target may panic")]

pub mod cursor;
pub mod http;
pub mod import;
pub mod number;
pub mod order;
pub mod redis;
pub mod state_file;
pub mod tokens;
pub mod url;

/// A target: its name, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("cursor", cursor::run),
    ("http", http::run),
    ("import", import::run),
    ("number", number::run),
    ("order", order::run),
    ("redis", redis::run),
    ("state_file", state_file::run),
    ("tokens", tokens::run),
    ("url", url::run),
];
