//! What every ledger does, asked of each; and what each does when its file or server fails.

#![cfg(any(feature = "mysql", feature = "sqlite"))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

#[cfg(feature = "mysql")]
mod mariadb;
mod recorder;
mod suite;
mod support;

#[cfg(feature = "sqlite")]
mod sqlite;
