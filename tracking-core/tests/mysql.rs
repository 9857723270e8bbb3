//! `MySqlAllocator` on real servers.
#![cfg(all(feature = "mysql", feature = "testing"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

#[path = "mysql/clocks.rs"]
mod clocks;
#[path = "mysql/common.rs"]
mod common;
#[path = "mysql/conformance.rs"]
mod conformance;
#[path = "mysql/crash.rs"]
mod crash;
#[path = "mysql/creating.rs"]
mod creating;
#[path = "mysql/errors.rs"]
mod errors;
#[path = "mysql/failover.rs"]
mod failover;
#[path = "mysql/opening.rs"]
mod opening;
#[path = "mysql/rights.rs"]
mod rights;
#[path = "mysql/stopped.rs"]
mod stopped;
#[path = "mysql/tls.rs"]
mod tls;
#[path = "mysql/vanishing.rs"]
mod vanishing;

#[path = "support/mysql/mod.rs"]
mod support;
use tracking_test_support::clock;
