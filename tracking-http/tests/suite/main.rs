//! The server as its users meet it: over real sockets, and as a program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod canary;
mod check;
mod chromium;
mod connections;
#[cfg(feature = "console")]
mod console;
mod contract;
mod cors;
mod cross_site;
mod docs;
mod exhaustion;
mod fleet;
mod framing;
mod health;
mod help;
mod ledger;
mod ledger_crash;
mod limits;
mod logs;
mod many;
mod metrics;
mod midway;
mod million;
mod outage;
mod proxies;
mod rates;
mod redis;
#[path = "../../../tracking-core/tests/support/redis/mod.rs"]
mod redis_servers;
mod reservations;
mod root;
mod service;
mod shutdown;
mod stalled;
mod start;
mod streams;
mod support;
mod tokens;
mod tokens_reload;
mod tokens_start;
mod unix_socket;
mod unread;
mod variables;
mod verdict;
