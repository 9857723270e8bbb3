//! The server as its users meet it: over real sockets, and as a program.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod connections;
mod contract;
mod help;
mod logs;
mod many;
mod million;
mod outage;
mod reservations;
mod shutdown;
mod start;
mod support;
mod verdict;
