//! `RedisAllocator` on real servers.
#![cfg(all(feature = "redis", feature = "testing"))]
#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "redis/common.rs"]
mod common;
#[path = "redis/conformance.rs"]
mod conformance;
#[path = "redis/errors.rs"]
mod errors;
#[path = "redis/opening.rs"]
mod opening;
#[path = "redis/replicas.rs"]
mod replicas;
#[path = "redis/rights.rs"]
mod rights;
#[path = "redis/time_outs.rs"]
mod time_outs;
#[path = "redis/tls.rs"]
mod tls;
#[path = "redis/tries.rs"]
mod tries;
#[path = "redis/vanishing.rs"]
mod vanishing;
#[path = "redis/warnings.rs"]
mod warnings;

#[path = "redis/cluster.rs"]
mod cluster;
#[path = "redis/sentinel.rs"]
mod sentinel;
#[path = "support/redis/mod.rs"]
mod support;
