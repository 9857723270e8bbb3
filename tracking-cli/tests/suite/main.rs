//! The real program, run as an operator runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests may panic as tests may"
)]

mod audit;
mod check;
mod completions;
mod exhaustion;
mod foreign;
mod given;
mod help;
mod inspect;
mod ledger;
mod ledger_changes;
mod ledger_export;
mod ledger_export_wal;
mod ledger_import;
mod ledger_mysql;
mod ledgers;
mod man;
#[path = "../../../tracking-ledger/tests/ledger/support/mariadb.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod mariadb;
mod moving;
mod mysql;
#[path = "../../../tracking-core/tests/support/mysql/mod.rs"]
mod mysql_servers;
mod next;
mod next_ledger;
mod old_state;
mod redis;
#[path = "../../../tracking-core/tests/support/redis/mod.rs"]
mod redis_servers;
mod reliability;
mod series;
mod server;
mod short_writes;
mod stop;
mod strace;
mod streams;
mod support;
mod system_calls;
mod token;
mod token_check;
mod variables;

// Of whom the servers' databases are one.
use ledgers::Place;
